namespace JsonRpcLite;

/// <summary>Formats the message of another exception as a sentence inside our own message.</summary>
internal static class Sentence
{
    /// <summary>Ends the text with exactly one full stop.</summary>
    /// <remarks>The system's messages end with one, with none, or with one and a space.</remarks>
    public static string Of(string text)
    {
        var trimmed = text.AsSpan().TrimEnd(" \t\r\n.");
        return trimmed.EndsWith('!') || trimmed.EndsWith('?') ? trimmed.ToString() : $"{trimmed}.";
    }
}
