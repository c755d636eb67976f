using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace JsonRpcLite.Http11;

/// <summary>Measures runs of bytes of one class: the inner loops of head parsing.</summary>
/// <remarks>
/// Each method returns the index of the first byte outside the class, or the length. It processes whole vectors first and then single bytes; it never touches memory beyond the
/// span.
/// </remarks>
internal static class ByteScan
{
    // A class of ASCII characters is looked up in two tables: bit h of the row of the low half-byte is set if the byte with the high half h belongs to the class.
    private static readonly Vector128<byte> TokenRows = LayOutRows("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);
    private static readonly Vector128<byte> HostNameRows = LayOutRows("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;="u8);
    private static readonly Vector128<byte> HighBits = Vector128.Create((byte)1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>Measures a run of tchar (RFC 9110 5.6.2): a method or a field name.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Token(ReadOnlySpan<byte> bytes) => Run(bytes, TokenRows);

    /// <summary>Measures a run of the characters of a host name except escapes: unreserved and sub-delims of RFC 3986.</summary>
    public static int HostName(ReadOnlySpan<byte> bytes) => Run(bytes, HostNameRows);

    /// <summary>Measures a run of field content (RFC 9110 5.5): visible characters, spaces, tabs and bytes above 127.</summary>
    /// <remarks>It ends at any other control byte.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int FieldContent(ReadOnlySpan<byte> bytes)
    {
        ref var first = ref MemoryMarshal.GetReference(bytes);
        var at = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; bytes.Length - at >= Vector256<byte>.Count; at += Vector256<byte>.Count)
            {
                var block = Vector256.LoadUnsafe(ref first, (nuint)at);
                var control = Vector256.Equals(Vector256.Min(block, Vector256.Create((byte)0x1f)), block);
                var others = (Vector256.AndNot(control, Vector256.Equals(block, Vector256.Create((byte)'\t')))
                    | Vector256.Equals(block, Vector256.Create((byte)0x7f))).ExtractMostSignificantBits();
                if (others != 0)
                    return at + BitOperations.TrailingZeroCount(others);
            }
        }
        if (Vector128.IsHardwareAccelerated)
        {
            for (; bytes.Length - at >= Vector128<byte>.Count; at += Vector128<byte>.Count)
            {
                var block = Vector128.LoadUnsafe(ref first, (nuint)at);
                var control = Vector128.Equals(Vector128.Min(block, Vector128.Create((byte)0x1f)), block);
                var others = (Vector128.AndNot(control, Vector128.Equals(block, Vector128.Create((byte)'\t')))
                    | Vector128.Equals(block, Vector128.Create((byte)0x7f))).ExtractMostSignificantBits();
                if (others != 0)
                    return at + BitOperations.TrailingZeroCount(others);
            }
        }
        while (at < bytes.Length && IsFieldContent(bytes[at]))
            at++;
        return at;
    }

    /// <summary>Measures a run of visible ASCII characters: a request target.</summary>
    /// <remarks>It ends at a space, a control byte or a byte above 126.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Visible(ReadOnlySpan<byte> bytes)
    {
        ref var first = ref MemoryMarshal.GetReference(bytes);
        var at = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            for (; bytes.Length - at >= Vector128<byte>.Count; at += Vector128<byte>.Count)
            {
                // As signed bytes, all values above 127 are negative.
                var block = Vector128.LoadUnsafe(ref first, (nuint)at).AsSByte();
                var others = (Vector128.LessThan(block, Vector128.Create((sbyte)0x21)) | Vector128.Equals(block, Vector128.Create((sbyte)0x7f)))
                    .ExtractMostSignificantBits();
                if (others != 0)
                    return at + BitOperations.TrailingZeroCount(others);
            }
        }
        while (at < bytes.Length && bytes[at] is > 0x20 and < 0x7f)
            at++;
        return at;
    }

    public static bool IsToken(byte value) => IsIn(TokenRows, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Run(ReadOnlySpan<byte> bytes, Vector128<byte> table)
    {
        ref var first = ref MemoryMarshal.GetReference(bytes);
        var at = 0;
        if (CanLookUp)
        {
            for (; bytes.Length - at >= Vector128<byte>.Count; at += Vector128<byte>.Count)
            {
                var block = Vector128.LoadUnsafe(ref first, (nuint)at);
                var rows = LookUp(table, block & Vector128.Create((byte)0x0f));
                var high = LookUp(HighBits, block >>> 4);
                var others = Vector128.Equals(rows & high, Vector128<byte>.Zero).ExtractMostSignificantBits();
                if (others != 0)
                    return at + BitOperations.TrailingZeroCount(others);
            }
        }
        while (at < bytes.Length && IsIn(table, bytes[at]))
            at++;
        return at;
    }

    private static bool IsIn(Vector128<byte> table, byte value) => value < 128 && (table[value & 0x0f] & (1 << (value >> 4))) != 0;

    private static bool IsFieldContent(byte value) => value is >= 0x20 and not 0x7f or (byte)'\t';

    private static bool CanLookUp => Ssse3.IsSupported || AdvSimd.Arm64.IsSupported;

    /// <summary>Looks up the byte of the table for each index.</summary>
    /// <remarks>
    /// It uses the instructions themselves, because a method that calls <see cref="Vector128.ShuffleNative(Vector128{byte}, Vector128{byte})"/> is not compiled ahead of time.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> LookUp(Vector128<byte> table, Vector128<byte> indices) =>
        Ssse3.IsSupported ? Ssse3.Shuffle(table, indices) : AdvSimd.Arm64.VectorTableLookup(table, indices);

    private static Vector128<byte> LayOutRows(ReadOnlySpan<byte> characters)
    {
        Span<byte> rows = stackalloc byte[16];
        rows.Clear();
        foreach (var value in characters)
            rows[value & 0x0f] |= (byte)(1 << (value >> 4));
        return Vector128.Create<byte>(rows);
    }
}
