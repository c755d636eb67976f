using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace JsonRpcLite.Packages.Tests;

internal static partial class Repository
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(ThisFile(), "../../.."));

    /// <summary>The projects that make a package.</summary>
    public static string[] Packages { get; } =
    [
        .. Directory.GetDirectories(Path.Combine(Root, "src")).Concat(Directory.GetDirectories(Path.Combine(Root, "templates")))
            .SelectMany(folder => Directory.GetFiles(folder, "*.csproj"))
            .Where(project => !File.ReadAllText(project).Contains("<IsPackable>false", StringComparison.Ordinal))
            .Select(project => Path.GetFileNameWithoutExtension(project)!)
            .Order(),
    ];

    public static string Version => Property("Version");

    /// <summary>A property of the whole family.</summary>
    public static string Property(string name) => Regex.Match(Read("Directory.Build.props"), $"<{name}>(.*?)</{name}>").Groups[1].Value;

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>The change log's sections, the newest first.</summary>
    public static List<(string Version, string Date, string Text)> Changes =>
        [.. Section().Matches(Read("CHANGELOG.md")).Select(m => (m.Groups[1].Value, m.Groups[2].Value, m.Groups[3].Value.Trim()))];

    public static async Task<(int ExitCode, string Output)> RunAsync(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        // The process that runs these tests has set them for itself.
        foreach (var name in start.Environment.Keys.Where(n => n.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;

    [GeneratedRegex(@"^## (\S+) - (\S+)\n(.*?)(?=^## |\z)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Section();
}
