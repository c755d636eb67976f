using JsonRpcLite.Tests;

namespace JsonRpcLite.Samples.Tests;

internal static class HeadlessBrowser
{
    /// <summary>The document that the browser shows for an address, as markup.</summary>
    public static async Task<string> ShowAsync(string address)
    {
        var profile = Directory.CreateTempSubdirectory();
        var shown = await Command.RunAsync(
            BrowserFactAttribute.Chromium!, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", $"--user-data-dir={profile.FullName}", "--dump-dom", address);
        profile.Delete(recursive: true);
        return shown.Output;
    }
}
