using System.Globalization;
using System.Text;

namespace JsonRpcLite;

/// <summary>Writes text of a document into TypeScript, so that it cannot break out of its literal or comment.</summary>
/// <remarks>
/// The text of a document is not trusted. A name may have quotes, a description may have the end of a comment or a directive to the compiler, and both may have characters that
/// show a line in another order.
/// </remarks>
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

    /// <summary>Returns a string literal.</summary>
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

    /// <summary>Returns the name of a property in an interface, without quotes if it is a plain identifier.</summary>
    public static string Property(string name) => IsIdentifier(name) ? name : Literal(name);

    public static bool IsIdentifier(string name) => name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '$');

    /// <summary>Returns the label of a tuple's element, which is only for readers.</summary>
    public static string Label(string name, int index) => !IsIdentifier(name) ? $"_{index}" : ReservedWords.Contains(name) ? $"{name}_" : name;

    /// <summary>Returns a comment in front of a declaration; an empty text if there are no lines.</summary>
    /// <param name="lines">The paragraphs and tags, each of one line or more.</param>
    /// <param name="indent">The indentation of each line.</param>
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

    /// <summary>Splits a text of a document into the lines of a comment.</summary>
    public static IEnumerable<string> Lines(string? words)
    {
        foreach (var line in (words ?? "").Split(["\r\n", "\n", "\r", "\u2028", "\u2029", "\u0085"], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (OneLine(line) is not { Length: > 0 } clean)
                continue;
            // At the beginning of a line, or after characters that may belong to the comment, @ would begin a tag or a directive such as @ts-expect-error.
            var start = clean.Length - clean.TrimStart('*', '/', ' ').Length;
            yield return start < clean.Length && clean[start] == '@' ? clean.Insert(start, "\\") : clean;
        }
    }

    /// <summary>Returns a text of a document as a part of one line of a comment.</summary>
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

    /// <summary>Makes the name of a type from any words: <c>order.place params</c> becomes <c>OrderPlaceParams</c>.</summary>
    public static string TypeName(string words) => PascalName.Of(words, "Type");

    /// <summary>Whether a character is a control character, a line end, or a mark that changes the order in which text is shown.</summary>
    private static bool IsHidden(char c) =>
        char.IsControl(c) || c is '\u2028' or '\u2029' or '\u200E' or '\u200F' or '\u061C' or '\uFEFF' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
