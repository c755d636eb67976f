namespace JsonRpcLite.Load;

/// <summary>The report of one part: the text for benchmarks/README.md, and its summary for docs/performance.md.</summary>
internal sealed record Section(string Name, string Text)
{
    /// <summary>The table for docs/performance.md.</summary>
    public string? Summary { get; init; }

    public Chart? Chart { get; init; }
}
