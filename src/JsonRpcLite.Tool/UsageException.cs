namespace JsonRpcLite.Tool;

/// <summary>The command line is wrong. The message says what is wrong and what to write instead.</summary>
internal sealed class UsageException(string message) : Exception(message)
{
    /// <summary>Runs what checks values of the command line itself.</summary>
    public static T Check<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (ArgumentException e)
        {
            throw new UsageException(MessageOf(e));
        }
    }

    /// <summary>The message without the name of the library's parameter, which a user of the command does not know.</summary>
    public static string MessageOf(ArgumentException e)
    {
        var end = e.Message.LastIndexOf(" (Parameter '", StringComparison.Ordinal);
        return end < 0 ? e.Message : e.Message[..end];
    }
}
