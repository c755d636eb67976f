using System.Runtime.CompilerServices;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Browser.Tests;

/// <summary>A test that needs what npm install puts beside the tests.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PackageFactAttribute : FactAttribute
{
    public PackageFactAttribute(string package, bool needsBrowser = false)
    {
        if (!Directory.Exists(Path.Combine(Equipment.Packages, package)))
            Skip = $"The npm package {package} is missing. To run this test: cd tests/JsonRpcLite.Browser.Tests && npm install --no-package-lock";
        else if (needsBrowser && BrowserFactAttribute.Chromium is null)
            Skip = BrowserFactAttribute.MissingChromium;
    }
}

internal static class Equipment
{
    public static string Packages => Path.Combine(Folder(), "node_modules");

    public static string Root => Path.GetFullPath(Path.Combine(Folder(), "../.."));

    private static string Folder([CallerFilePath] string thisFile = "") => Path.GetDirectoryName(thisFile)!;
}
