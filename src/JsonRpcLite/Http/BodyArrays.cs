using System.Buffers;

namespace JsonRpcLite;

/// <summary>
/// Memory for bodies: from the shared pool, and beyond a few megabytes of exactly the size that is asked for. The pool would round that up to a power of two, and keep it.
/// Thread-safe.
/// </summary>
internal static class BodyArrays
{
    /// <summary>A body of told length starts with so much, since a length is cheap to claim.</summary>
    private const int First = 64 * 1024;

    /// <summary>When so much of a body has come, what its head told is believed.</summary>
    private const int Believed = 1024 * 1024;

    private const int LargestPooled = 4 * 1024 * 1024;

    public static byte[] Rent(int size) => size <= LargestPooled ? ArrayPool<byte>.Shared.Rent(size) : GC.AllocateUninitializedArray<byte>(size);

    public static void Return(byte[] array)
    {
        // The pool gives out no other sizes than powers of two; the largest is the last that came from there.
        if (array.Length is > 0 and <= LargestPooled)
            ArrayPool<byte>.Shared.Return(array);
    }

    /// <summary>How large the next array should be for a body of told length, of which so much has come.</summary>
    public static int NextSize(int come, int told) => come >= Believed ? told : (int)Math.Min(told, Math.Max(First, 2L * come));
}
