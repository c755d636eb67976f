using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace JsonRpcLite;

/// <summary>The events of one wait, taken one after another; half of them may be taken by one thread and the rest by another. Not thread-safe.</summary>
internal sealed class EpollBatch
{
    public const int Capacity = 128;

    /// <summary>What the larger of the two layouts needs.</summary>
    public const int LargestEvent = 16;

    private static readonly int KeyOffset = KeyOffsetOn(RuntimeInformation.ProcessArchitecture);
    private static readonly int EventSize = KeyOffset + sizeof(ulong);

    private readonly byte[] _events = new byte[Capacity * LargestEvent];
    private int _count;
    private int _next;

    public bool IsEmpty => _next == _count;

    public ref byte Start => ref _events[0];

    /// <summary>There are so many now; fewer than 0 is none (a signal came instead).</summary>
    public void Take(int count)
    {
        _count = Math.Max(count, 0);
        _next = 0;
    }

    public (EpollEvents Events, ulong Key) Next()
    {
        ref var at = ref _events[_next++ * EventSize];
        return ((EpollEvents)Unsafe.ReadUnaligned<uint>(ref at), Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref at, KeyOffset)));
    }

    /// <summary>The kernel's struct epoll_event is packed for x86 and x64, and for no other architecture.</summary>
    public static int KeyOffsetOn(Architecture architecture) => architecture is Architecture.X64 or Architecture.X86 ? 4 : 8;

    public static void Write(Span<byte> place, uint events, ulong key)
    {
        MemoryMarshal.Write(place, events);
        MemoryMarshal.Write(place[KeyOffset..], key);
    }
}
