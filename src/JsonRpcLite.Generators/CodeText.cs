using System.Text;

namespace JsonRpcLite.Generators;

/// <summary>Builds code line by line, indented by blocks.</summary>
internal sealed class CodeText
{
    private readonly StringBuilder _text = new();
    private int _depth;

    /// <summary>Adds a line; an empty one separates.</summary>
    public CodeText Line(string line = "")
    {
        if (line.Length > 0)
            _text.Append(' ', 4 * _depth).Append(line);
        _text.Append('\n');
        return this;
    }

    /// <summary>Opens a block after its head.</summary>
    public CodeText Open(string head)
    {
        Line(head).Line("{");
        _depth++;
        return this;
    }

    /// <param name="end">The text after the brace.</param>
    public CodeText Close(string end = "")
    {
        _depth--;
        return Line("}" + end);
    }

    public override string ToString() => _text.ToString();
}
