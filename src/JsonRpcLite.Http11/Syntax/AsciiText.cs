namespace JsonRpcLite.Http11;

/// <summary>Compares words of the protocol, ignoring the case of ASCII letters only.</summary>
internal static class AsciiText
{
    /// <summary>Whether the bytes are the given lower-case ASCII text, without regard to case.</summary>
    public static bool Is(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> lowerCase)
    {
        if (bytes.Length != lowerCase.Length)
            return false;
        for (var i = 0; i < bytes.Length; i++)
        {
            var value = bytes[i];
            if (value is >= (byte)'A' and <= (byte)'Z')
                value |= 0x20;
            if (value != lowerCase[i])
                return false;
        }
        return true;
    }
}
