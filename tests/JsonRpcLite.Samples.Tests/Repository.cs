using System.Runtime.CompilerServices;

namespace JsonRpcLite.Samples.Tests;

internal static class Repository
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(ThisFile(), "../../.."));

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
