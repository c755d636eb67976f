using System.Text;

namespace JsonRpcLite.Load;

/// <summary>A Markdown table.</summary>
internal sealed class Table(params string[] columns)
{
    private readonly StringBuilder _text = new($"| {string.Join(" | ", columns)} |\n|{string.Concat(Enumerable.Repeat("---|", columns.Length))}\n");

    public void Add(IEnumerable<string> cells) => _text.Append(System.Globalization.CultureInfo.InvariantCulture, $"| {string.Join(" | ", cells)} |\n");

    public override string ToString() => _text.ToString();
}
