using System.Buffers.Binary;

namespace JsonRpcLite.Http11;

/// <summary>Recognizes the fields that the engine must understand.</summary>
internal static class KnownFields
{
    public const int Count = 7;

    // The names in lower case, as integers of up to eight bytes. A valid name consists of token characters. Setting the bit that distinguishes capital letters from small ones
    // yields a letter only for that letter's two forms, and a hyphen only for the hyphen; so the comparison is exact.
    private const ulong Fold = 0x2020_2020_2020_2020;

    private static readonly uint Host = Word("host"u8);
    private static readonly uint Expe = Word("expe"u8);
    private static readonly uint Pect = Word("pect"u8);
    private static readonly uint Upgr = Word("upgr"u8);
    private static readonly uint Rade = Word("rade"u8);
    private static readonly ulong Connecti = Long("connecti"u8);
    private static readonly ulong Nnection = Long("nnection"u8);
    private static readonly ulong ContentHyphen = Long("content-"u8);
    private static readonly ulong TLength = Long("t-length"u8);
    private static readonly ulong Transfer = Long("transfer"u8);
    private static readonly ulong HyphenEncodin = Long("-encodin"u8);

    /// <summary>The known field of a valid field name, without regard to case.</summary>
    public static KnownField Of(ReadOnlySpan<byte> name)
    {
        switch (name.Length)
        {
            case 4 when Word(name) == Host:
                return KnownField.Host;
            case 6 when Word(name) == Expe && Word(name[2..]) == Pect:
                return KnownField.Expect;
            case 7 when Word(name) == Upgr && Word(name[3..]) == Rade:
                return KnownField.Upgrade;
            case 10 when Long(name) == Connecti && Long(name[2..]) == Nnection:
                return KnownField.Connection;
            case 14 when Long(name) == ContentHyphen && Long(name[6..]) == TLength:
                return KnownField.ContentLength;
            case 17 when Long(name) == Transfer && Long(name[8..]) == HyphenEncodin && (name[16] | 0x20) == 'g':
                return KnownField.TransferEncoding;
            default:
                return KnownField.Other;
        }
    }

    private static uint Word(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes) | unchecked((uint)Fold);

    private static ulong Long(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes) | Fold;
}
