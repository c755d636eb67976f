using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace JsonRpcLite;

/// <summary>The events of one wait, taken one after another.</summary>
/// <remarks>Not thread-safe. One thread may take some of the events, and another thread the rest after it has taken over the loop.</remarks>
internal sealed class EpollBatch
{
    public const int Capacity = 128;

    /// <summary>The size of an event in the larger of the two layouts, in bytes.</summary>
    public const int LargestEvent = 16;

    private static readonly int KeyOffset = KeyOffsetOn(RuntimeInformation.ProcessArchitecture);
    private static readonly int EventSize = KeyOffset + sizeof(ulong);

    private readonly byte[] _events = new byte[Capacity * LargestEvent];
    private int _count;
    private int _next;

    public bool IsEmpty => _next == _count;

    public ref byte Start => ref _events[0];

    /// <summary>Sets the number of events; a negative number (a signal interrupted the wait) counts as none.</summary>
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

    public static void Write(Span<byte> target, uint events, ulong key)
    {
        MemoryMarshal.Write(target, events);
        MemoryMarshal.Write(target[KeyOffset..], key);
    }
}
