using System.Buffers;

namespace JsonRpcLite;

/// <summary>Rents memory for bodies: from the shared pool, or of exactly the requested size above 4 MiB.</summary>
/// <remarks>The pool would round a large size up to a power of two, and keep the array. Thread-safe.</remarks>
internal static class BodyArrays
{
    /// <summary>The first array for a body of declared length, in bytes: declaring a length costs a client nothing.</summary>
    private const int First = 64 * 1024;

    /// <summary>The number of received bytes from which a declared length is trusted.</summary>
    private const int Trusted = 1024 * 1024;

    private const int LargestPooled = 4 * 1024 * 1024;

    public static byte[] Rent(int size) => size <= LargestPooled ? ArrayPool<byte>.Shared.Rent(size) : GC.AllocateUninitializedArray<byte>(size);

    public static void Return(byte[] array)
    {
        // The pool rents only powers of two, and this is the largest that is rented from it.
        if (array.Length is > 0 and <= LargestPooled)
            ArrayPool<byte>.Shared.Return(array);
    }

    /// <summary>Returns the size of the next array for a body of declared length.</summary>
    public static int NextSize(int received, int declared) => received >= Trusted ? declared : (int)Math.Min(declared, Math.Max(First, 2L * received));
}
