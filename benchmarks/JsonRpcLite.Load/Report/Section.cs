namespace JsonRpcLite.Load;

/// <summary>What a part of the comparison has to say: the text for benchmarks/README.md, and what of it is worth the first page.</summary>
internal sealed record Section(string Name, string Text)
{
    /// <summary>The table of the README at the root.</summary>
    public string? Summary { get; init; }

    public Chart? Chart { get; init; }
}
