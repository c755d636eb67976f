using System.Text;

namespace JsonRpcLite;

/// <summary>Names for code in PascalCase, made of the words of a document.</summary>
internal static class PascalName
{
    /// <summary>Longer names are cut; a number behind them tells them apart.</summary>
    private const int LongestName = 60;

    /// <summary>A name of any words: <c>order.place</c> is <c>OrderPlace</c>.</summary>
    /// <param name="words">Any text.</param>
    /// <param name="whenEmpty">The name where the words hold no letter or digit.</param>
    public static string Of(string words, string whenEmpty)
    {
        var name = new StringBuilder();
        var isStart = true;
        foreach (var c in words)
        {
            if (!char.IsAsciiDigit(c) && !char.IsLetter(c) || name.Length >= LongestName)
            {
                isStart = true;
                continue;
            }
            name.Append(isStart ? char.ToUpperInvariant(c) : c);
            isStart = false;
        }
        return name.Length == 0 ? whenEmpty : char.IsAsciiDigit(name[0]) ? $"_{name}" : name.ToString();
    }
}
