using System.Globalization;
using System.Text;

namespace JsonRpcLite;

/// <summary>Makes a peer's text safe for a log or a message.</summary>
/// <remarks>The result adds no line, moves no cursor, does not change the text direction, and is short.</remarks>
internal static class PeerText
{
    private const int MaxShown = 100;

    public static string Shown(string text)
    {
        var isCut = text.Length > MaxShown;
        // Does not split a surrogate pair.
        var length = !isCut ? text.Length : char.IsHighSurrogate(text[MaxShown - 1]) ? MaxShown - 1 : MaxShown;
        var shown = new StringBuilder(length + 3);
        AppendPrintable(shown, text.AsSpan(0, length));
        return shown.Append(isCut ? "..." : "").ToString();
    }

    public static void AppendPrintable(StringBuilder target, ReadOnlySpan<char> text)
    {
        foreach (var character in text)
            target.Append(IsPrintable(character) ? character : '\ufffd');
    }

    /// <summary>Whether a character is printable: it does not break a line, change its direction or hide in it.</summary>
    /// <remarks>The joiner that combines emoji is allowed.</remarks>
    private static bool IsPrintable(char character) =>
        character is '\t' or '\u200d'
        || char.GetUnicodeCategory(character) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
