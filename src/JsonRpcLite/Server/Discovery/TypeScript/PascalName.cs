using System.Text;

namespace JsonRpcLite;

/// <summary>Makes names for code in PascalCase from the words of a document.</summary>
internal static class PascalName
{
    /// <summary>The length at which names are cut; a number after them makes them unique.</summary>
    private const int LongestName = 60;

    /// <summary>Makes a name from any words: <c>order.place</c> becomes <c>OrderPlace</c>.</summary>
    /// <param name="words">Any text.</param>
    /// <param name="whenEmpty">The name if the words have no letter or digit.</param>
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
