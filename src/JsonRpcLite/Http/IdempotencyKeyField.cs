using System.Buffers;
using System.Text;

namespace JsonRpcLite;

/// <summary>Reads and writes the value of the <c>Idempotency-Key</c> header field.</summary>
/// <remarks>
/// It is a string of structured fields (RFC 8941 3.3.3), as draft-ietf-httpapi-idempotency-key-header requires. It is also read without quotation marks, as many clients send it.
/// </remarks>
internal static class IdempotencyKeyField
{
    /// <summary>The longest key, in characters.</summary>
    public const int MaxLength = 255;

    private static readonly SearchValues<char> Printable = SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(c => (char)c)]);

    /// <summary>Whether the text is a valid key.</summary>
    public static bool IsKey(ReadOnlySpan<char> key) => key.Length is > 0 and <= MaxLength && !key.ContainsAnyExcept(Printable);

    /// <summary>Returns the value of the header field for a key.</summary>
    public static string Write(string key) => $"\"{key.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    /// <summary>Returns the key in the value of the header field; <c>null</c> where the value is malformed.</summary>
    public static string? Read(string value)
    {
        var text = value.AsSpan().Trim(" \t");
        if (!text.StartsWith('"'))
            return IsKey(text) && !text.ContainsAny("\",;\\ ") ? text.ToString() : null;
        if (text.Length < 2 || !text.EndsWith('"'))
            return null;
        var key = new StringBuilder(text.Length);
        for (var i = 1; i < text.Length - 1; i++)
        {
            if (text[i] == '"')
                return null;
            if (text[i] == '\\' && (++i == text.Length - 1 || text[i] is not ('"' or '\\')))
                return null;
            key.Append(text[i]);
        }
        return key.ToString() is var read && IsKey(read) ? read : null;
    }
}
