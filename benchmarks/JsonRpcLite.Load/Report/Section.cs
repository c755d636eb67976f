namespace JsonRpcLite.Load;

/// <summary>What a part of the comparison has to say: the text for benchmarks/README.md, and what of it belongs on the page about performance.</summary>
internal sealed record Section(string Name, string Text)
{
    /// <summary>The table of docs/performance.md.</summary>
    public string? Summary { get; init; }

    public Chart? Chart { get; init; }
}
