using System.Globalization;
using System.Text;

namespace JsonRpcLite;

/// <summary>
/// Puts text of a document into TypeScript so that it stays where it stands. A document is another's text: a name may hold quotes, a description the end of a comment or
/// a directive to the compiler, and
/// either of them characters that show a line in another order than it has.
/// </summary>
internal static class TypeScriptText
{
    private static readonly HashSet<string> ReservedWords =
    [
        "await", "break", "case", "catch", "class", "const", "continue", "debugger", "default", "delete", "do", "else", "enum", "export", "extends", "false", "finally", "for",
        "function", "if", "implements", "import",
        "in", "infer", "instanceof", "interface", "let", "new", "null", "package", "private", "protected", "public", "return", "static", "super", "switch", "this", "throw", "true",
        "try", "typeof", "var", "void",
        "while", "with", "yield",
    ];

    /// <summary>A string literal.</summary>
    public static string Literal(string text)
    {
        var literal = new StringBuilder("\"");
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is '"' or '\\')
                literal.Append('\\').Append(c);
            else if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                literal.Append(c).Append(text[++i]);
            else if (char.IsSurrogate(c) || IsHidden(c))
                literal.Append("\\u").Append(((int)c).ToString("X4", CultureInfo.InvariantCulture));
            else
                literal.Append(c);
        }
        return literal.Append('"').ToString();
    }

    /// <summary>A property's name, as it stands in an interface: bare where it is a plain identifier.</summary>
    public static string Property(string name) => IsIdentifier(name) ? name : Literal(name);

    public static bool IsIdentifier(string name) => name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '$');

    /// <summary>A name for what is only seen: an element of a tuple.</summary>
    public static string Label(string name, int index) => !IsIdentifier(name) ? $"_{index}" : ReservedWords.Contains(name) ? $"{name}_" : name;

    /// <summary>A comment in front of a declaration; nothing, where there are no words.</summary>
    /// <param name="lines">Paragraphs and tags, each of one line or more.</param>
    /// <param name="indent">What each line begins with.</param>
    public static string Comment(IEnumerable<string> lines, string indent)
    {
        var text = lines.ToList();
        return text switch
        {
            [] => "",
            [var only] => $"{indent}/** {only} */\n",
            _ => $"{indent}/**\n{string.Concat(text.Select(line => $"{indent} * {line}".TrimEnd() + "\n"))}{indent} */\n",
        };
    }

    /// <summary>Words of a document as lines of a comment.</summary>
    public static IEnumerable<string> Lines(string? words)
    {
        foreach (var line in (words ?? "").Split(["\r\n", "\n", "\r", "\u2028", "\u2029", "\u0085"], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (OneLine(line) is not { Length: > 0 } clean)
                continue;
            // At a line's beginning, or behind what may belong to the comment, it would be a tag, or a directive such as @ts-expect-error.
            var start = clean.Length - clean.TrimStart('*', '/', ' ').Length;
            yield return start < clean.Length && clean[start] == '@' ? clean.Insert(start, "\\") : clean;
        }
    }

    /// <summary>Words of a document as a part of one line of a comment.</summary>
    public static string OneLine(string words)
    {
        var clean = new StringBuilder();
        foreach (var rune in words.EnumerateRunes())
        {
            if (rune.IsBmp && IsHidden((char)rune.Value))
                clean.Append(' ');
            else
                clean.Append(rune.ToString());
        }
        return clean.Replace("*/", "*\\/").ToString().Trim();
    }

    /// <summary>A type's name of any words: <c>order.place params</c> is <c>OrderPlaceParams</c>.</summary>
    public static string TypeName(string words) => PascalName.Of(words, "Type");

    /// <summary>Control characters, ends of lines, and marks that change the order in which text is shown.</summary>
    private static bool IsHidden(char c) =>
        char.IsControl(c) || c is '\u2028' or '\u2029' or '\u200E' or '\u200F' or '\u061C' or '\uFEFF' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
