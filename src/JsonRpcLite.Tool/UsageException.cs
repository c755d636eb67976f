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
            // The parameter is one of the library, which says nothing to a user of the command.
            var end = e.Message.LastIndexOf(" (Parameter '", StringComparison.Ordinal);
            throw new UsageException(end < 0 ? e.Message : e.Message[..end]);
        }
    }
}
