using System.Runtime.CompilerServices;

namespace JsonRpcLite.Tests;

/// <summary>A test that needs the packages that npm ci installs for the browser's tests.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PackageFactAttribute : FactAttribute
{
    public PackageFactAttribute(string package, bool needsBrowser = false)
    {
        if (!Directory.Exists(Path.Combine(Equipment.Packages, package)))
            Skip = $"The npm package {package} is missing. To run this test: cd tests/JsonRpcLite.Browser.Tests && npm ci";
        else if (needsBrowser && BrowserFactAttribute.Chromium is null)
            Skip = BrowserFactAttribute.MissingChromium;
    }
}

internal static class Equipment
{
    public static string Packages => Path.Combine(Root, "tests/JsonRpcLite.Browser.Tests/node_modules");

    public static string Root => Path.GetFullPath(Path.Combine(ThisFile(), "../../.."));

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
