namespace JsonRpcLite.Load;

/// <summary>Puts what was measured where people read it: between the marks in benchmarks/README.md and README.md, and the chart beside.</summary>
internal static class Pages
{
    private const string Begin = "<!-- measured: begin -->";
    private const string End = "<!-- measured: end -->";

    public static void Write(Report report)
    {
        var root = FindRoot();
        Replace(Path.Combine(root, "benchmarks", "README.md"), $"{report.Text}\n{Meanings()}");
        Replace(Path.Combine(root, "README.md"), report.Summary);
        File.WriteAllText(Path.Combine(root, "benchmarks", "chart.svg"), Chart.Draw(report));
    }

    private static string Meanings() => string.Join('\n', ServerProcess.Meanings.Select(m => $"- `{m.Key}`: {m.Value}"));

    private static void Replace(string file, string text)
    {
        var page = File.ReadAllText(file);
        var (begin, end) = (page.IndexOf(Begin, StringComparison.Ordinal), page.IndexOf(End, StringComparison.Ordinal));
        if (begin < 0 || end < begin)
            throw new IOException($"{file} has no place for the figures.");
        File.WriteAllText(file, $"{page[..(begin + Begin.Length)]}\n{text.Trim()}\n{page[end..]}");
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "JsonRpcLite.sln")))
                return folder.FullName;
        }
        throw new IOException("This is no clone of the repository; there is nothing to write to.");
    }
}
