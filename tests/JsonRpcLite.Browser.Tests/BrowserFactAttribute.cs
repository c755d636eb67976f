using System.Runtime.CompilerServices;

namespace JsonRpcLite.Browser.Tests;

/// <summary>A test that needs Chromium, and is skipped with the reason where there is none. .ci/run installs it and fails when one was skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (Equipment.Chromium is null)
            Skip = "There is no Chromium on this machine (apt-get install chromium).";
    }
}

/// <summary>A test that needs what npm install puts beside the tests.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PackageFactAttribute : FactAttribute
{
    public PackageFactAttribute(string package, bool needsBrowser = false)
    {
        if (!Directory.Exists(Path.Combine(Equipment.Packages, package)))
            Skip = $"The npm package {package} is not there (npm install in the folder of these tests).";
        else if (needsBrowser && Equipment.Chromium is null)
            Skip = "There is no Chromium on this machine (apt-get install chromium).";
    }
}

internal static class Equipment
{
    public static string? Chromium { get; } = new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);

    public static string Packages => Path.Combine(Folder(), "node_modules");

    public static string Root => Path.GetFullPath(Path.Combine(Folder(), "../.."));

    private static string Folder([CallerFilePath] string thisFile = "") => Path.GetDirectoryName(thisFile)!;
}
