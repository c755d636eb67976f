using System.Globalization;
using System.Text;

namespace JsonRpcLite;

/// <summary>What a peer sent, on its way into a log or a message: it adds no line, moves no cursor, turns no direction, and is not long.</summary>
internal static class PeerText
{
    private const int MaxShown = 100;

    public static string Shown(string text)
    {
        var isCut = text.Length > MaxShown;
        // Not through the middle of a pair.
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

    /// <summary>Nothing that breaks a line, turns its direction or hides in it; but the joiner that holds emoji together.</summary>
    private static bool IsPrintable(char character) =>
        character is '\t' or '\u200d'
        || char.GetUnicodeCategory(character) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
