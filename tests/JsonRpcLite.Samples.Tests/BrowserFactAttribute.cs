namespace JsonRpcLite.Samples.Tests;

/// <summary>A test with a real browser: headless Chromium. Skipped where there is none; .ci/run installs it, and then it must run.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserFactAttribute : FactAttribute
{
    private static readonly string? Chromium = new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);

    public BrowserFactAttribute()
    {
        if (Chromium is null)
            Skip = "There is no Chromium on this machine.";
    }

    /// <summary>What the browser makes of an address: the document, as markup.</summary>
    public static async Task<string> ShowAsync(string address)
    {
        var profile = Directory.CreateTempSubdirectory();
        var shown = await Command.RunAsync(Chromium!, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", $"--user-data-dir={profile.FullName}", "--dump-dom", address);
        profile.Delete(recursive: true);
        return shown.Output;
    }
}
