namespace JsonRpcLite.Load;

/// <summary>Writes the results between their markers in the texts of the repository.</summary>
internal static class Writer
{
    private const string SummaryName = "summary";

    private static readonly string Page = Repository.In("docs", "performance.md");
    private static readonly string Details = Repository.In("benchmarks", "README.md");

    public static void Write(Section section)
    {
        Replace(Details, section.Name, section.Text);
        if (section.Summary is { } summary)
            Replace(Page, SummaryName, summary);
        if (section.Chart is { } chart)
            File.WriteAllText(Repository.In("benchmarks", "chart.svg"), chart.ToSvg());
    }

    /// <summary>Checks, before anything is measured, that the texts have markers for a part.</summary>
    /// <exception cref="IOException">A text has no markers for a part.</exception>
    public static void CheckMarkers(IEnumerable<Part> parts)
    {
        Replace(Page, SummaryName, null);
        foreach (var part in parts)
            Replace(Details, part.Name, null);
    }

    private static void Replace(string file, string name, string? text)
    {
        var (begin, end) = ($"<!-- measured: {name} -->\n", "<!-- end of measured -->\n");
        var content = File.ReadAllText(file);
        var from = content.IndexOf(begin, StringComparison.Ordinal);
        var to = from < 0 ? -1 : content.IndexOf(end, from, StringComparison.Ordinal);
        if (to < 0)
            throw new IOException($"{Path.GetRelativePath(Repository.Root, file)} has no markers for '{name}': {begin.Trim()} ... {end.Trim()}");
        if (text is not null)
            File.WriteAllText(file, $"{content[..(from + begin.Length)]}{text}{content[to..]}");
    }
}
