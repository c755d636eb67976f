using System.Text;

namespace JsonRpcLite.Http11;

/// <summary>Converts text to bytes, one byte per character.</summary>
/// <remarks>A character that does not fit throws; it never becomes a question mark.</remarks>
internal static class Latin1Text
{
    public static byte[] ToBytes(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (var character in text)
            if (character > 0xff)
                throw new LocalProtocolException($"The text contains U+{(int)character:X4}, which does not fit one byte. Encode the text first.");
        return Encoding.Latin1.GetBytes(text);
    }
}
