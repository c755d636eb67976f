namespace JsonRpcLite.Tool;

/// <summary>One line of a terminal that each text replaces.</summary>
/// <param name="writer">The terminal.</param>
/// <param name="isDumb">The terminal has no escape sequences: spaces cover the text before.</param>
internal sealed class ProgressLine(TextWriter writer, bool isDumb)
{
    private const int UsualWidth = 80;

    private int _shown;

    /// <param name="text">Text without control characters; it is cut to the width of the terminal. Empty text clears the line.</param>
    public void Show(string text)
    {
        if (text.Length == 0 && _shown == 0)
            return;
        var (length, columns) = Fit(text, WidthOfTerminal() - 1);
        var cut = text[..length];
        if (!isDumb)
            writer.Write($"\r\e[K{cut}");
        else if (cut.Length > 0)
            writer.Write($"\r{cut}{new string(' ', Math.Max(_shown - columns, 0))}");
        else
            writer.Write($"\r{new string(' ', _shown)}\r");
        _shown = columns;
    }

    /// <summary>How many characters of a text fit, and how many columns they take at most: ideographs and emoji take two.</summary>
    private static (int Length, int Columns) Fit(string text, int width)
    {
        var (length, columns) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            var wide = rune.Value < 0x1100 ? 1 : 2;
            if (columns + wide > width)
                break;
            length += rune.Utf16SequenceLength;
            columns += wide;
        }
        return (length, columns);
    }

    private static int WidthOfTerminal()
    {
        try
        {
            // Zero where the terminal does not know.
            return Console.WindowWidth is var width and > 1 ? width : UsualWidth;
        }
        catch (Exception e) when (e is IOException or PlatformNotSupportedException)
        {
            return UsualWidth;
        }
    }
}
