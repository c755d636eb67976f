using System.Globalization;
using System.Text;

namespace JsonRpcLite.Tool;

/// <summary>
/// Puts text of a document into C# so that it stays where it stands: a document is another's text, and may hold quotes, ends of comments or of lines, and words of the language.
/// </summary>
internal static class CSharpText
{
    private static readonly HashSet<string> Keywords =
    [
        "abstract", "as", "base", "bool", "break", "byte", "case", "catch", "char", "checked", "class", "const", "continue", "decimal", "default", "delegate", "do", "double",
        "else", "enum", "event", "explicit", "extern", "false", "finally", "fixed", "float", "for", "foreach", "goto", "if", "implicit", "in", "int", "interface", "internal",
        "is", "lock", "long", "namespace", "new", "null", "object", "operator", "out", "override", "params", "private", "protected", "public", "readonly", "ref", "return",
        "sbyte", "sealed", "short", "sizeof", "stackalloc", "static", "string", "struct", "switch", "this", "throw", "true", "try", "typeof", "uint", "ulong", "unchecked",
        "unsafe", "ushort", "using", "virtual", "void", "volatile", "while",
    ];

    /// <summary>A name of any words in PascalCase: <c>order.place</c> is <c>OrderPlace</c>.</summary>
    public static string Pascal(string words) => PascalName.Of(words, "Value");

    /// <summary>A parameter's name; a word of the language has an @ in front.</summary>
    public static string Camel(string words)
    {
        var name = Pascal(words);
        name = $"{char.ToLowerInvariant(name[0])}{name[1..]}";
        return Keywords.Contains(name) ? $"@{name}" : name;
    }

    public static bool IsNamespace(string text) => text.Split('.')
        .All(part => part.Length > 0 && !char.IsAsciiDigit(part[0]) && part.All(c => char.IsLetter(c) || char.IsAsciiDigit(c) || c == '_') && !Keywords.Contains(part));

    /// <summary>A string literal.</summary>
    public static string Literal(string text)
    {
        var literal = new StringBuilder("\"");
        foreach (var c in text)
        {
            if (c is '"' or '\\')
                literal.Append('\\').Append(c);
            else if (IsPlain(c))
                literal.Append(c);
            else
                literal.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }
        return literal.Append('"').ToString();
    }

    /// <summary>A comment with what a schema or method says of itself; empty where it says nothing.</summary>
    public static string Summary(string? words, string indent)
    {
        var lines = (words ?? "").Split(["\r\n", "\n", "\r", "\u2028", "\u2029", "\u0085"], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(OneLine).ToList();
        return lines switch
        {
            [] => "",
            [var only] => $"{indent}/// <summary>{only}</summary>\n",
            _ => $"{indent}/// <summary>\n{string.Concat(lines.Select(line => $"{indent}/// {line}\n"))}{indent}/// </summary>\n",
        };
    }

    /// <summary>Words as a part of one line of a comment.</summary>
    public static string OneLine(string words) =>
        string.Concat(words.Select(c => char.IsSurrogate(c) || IsPlain(c) ? c : ' '))
            .Replace("&", "&amp;", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal)
            .Trim();

    private static bool IsPlain(char c) =>
        char.GetUnicodeCategory(c)
            is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate);
}
