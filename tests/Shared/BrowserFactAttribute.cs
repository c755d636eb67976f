namespace JsonRpcLite.Tests;

/// <summary>A test with a real browser, headless Chromium. Skipped with the reason if it is not installed; .ci/run installs it, and fails if a test was skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (Chromium is null)
            Skip = MissingChromium;
    }

    public const string MissingChromium =
        "Chromium is missing. To run this test: apt-get install chromium (or any Chromium at /usr/bin/chromium, /usr/bin/chromium-browser or /usr/bin/google-chrome)";

    /// <summary>The program; <c>null</c> if it is not installed.</summary>
    public static string? Chromium { get; } = new[] { "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome" }.FirstOrDefault(File.Exists);
}
