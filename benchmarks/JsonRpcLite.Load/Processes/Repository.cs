namespace JsonRpcLite.Load;

/// <summary>The location of the sources of this program, and of the texts that it writes.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string In(params string[] path) => Path.Combine([Root, .. path]);

    private static string Find()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "JsonRpcLite.sln")))
                return folder;
        }
        throw new IOException("This program runs inside a clone of its repository.");
    }
}
