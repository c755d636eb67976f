namespace JsonRpcLite;

/// <summary>What another exception says, as a sentence inside a message of ours.</summary>
internal static class Sentence
{
    /// <summary>Ends the text with one full stop. The system's messages end with one, or none, or one and a space.</summary>
    public static string Of(string text)
    {
        var trimmed = text.AsSpan().TrimEnd(" \t\r\n.");
        return trimmed.EndsWith('!') || trimmed.EndsWith('?') ? trimmed.ToString() : $"{trimmed}.";
    }
}
