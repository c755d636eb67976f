using System.Text;

namespace JsonRpcLite.Http11;

/// <summary>Text for bytes, one character a byte; what does not fit is the caller's mistake, never a question mark.</summary>
internal static class Latin1Text
{
    public static byte[] ToBytes(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach (var character in text)
            if (character > 0xff)
                throw new LocalProtocolException($"A head holds bytes, and U+{(int)character:X4} is not one of them. Encode the text first.");
        return Encoding.Latin1.GetBytes(text);
    }
}
