using System.Buffers.Binary;

namespace JsonRpcLite.Http11;

/// <summary>Finds the fields that the engine must understand.</summary>
internal static class KnownFields
{
    public const int Count = 7;

    /// <summary>Which of them a valid field name is, without regard to case.</summary>
    public static KnownField Of(ReadOnlySpan<byte> name)
    {
        switch (name.Length)
        {
            case 4 when Folded(name) == 0x74736f68: // host
                return KnownField.Host;
            case 6 when Folded(name) == 0x65707865 && Is(name, "expect"u8):
                return KnownField.Expect;
            case 7 when Folded(name) == 0x72677075 && Is(name, "upgrade"u8):
                return KnownField.Upgrade;
            case 10 when Folded(name) == 0x6e6e6f63 && Is(name, "connection"u8):
                return KnownField.Connection;
            case 14 when Folded(name) == 0x746e6f63 && Is(name, "content-length"u8):
                return KnownField.ContentLength;
            case 17 when Folded(name) == 0x6e617274 && Is(name, "transfer-encoding"u8):
                return KnownField.TransferEncoding;
            default:
                return KnownField.Other;
        }
    }

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

    // The first four bytes in lower case. Other bytes fold together too, but a name that fits by accident fails the whole comparison after it; "host" has
    // four letters and each has but one other form, its capital.
    private static uint Folded(ReadOnlySpan<byte> name) => BinaryPrimitives.ReadUInt32LittleEndian(name) | 0x20202020;
}
