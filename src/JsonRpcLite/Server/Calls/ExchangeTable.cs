using System.Collections;
using System.Runtime.InteropServices;

namespace JsonRpcLite;

/// <summary>
/// The exchanges under way, for those who look at all of them: the watch, the drain, the budget. A call enters and leaves by one atomic write each, in a segment of its processor core, so that calls on
/// different cores write nothing in common. Thread-safe; whoever enumerates sees each exchange that is there all the time.
/// </summary>
internal sealed class ExchangeTable : IEnumerable<ServerCall>
{
    private readonly Lock _growing = new();
    private volatile Segment[] _segments = MakeSegments([], Environment.ProcessorCount);

    public bool IsEmpty
    {
        get
        {
            using var all = GetEnumerator();
            return !all.MoveNext();
        }
    }

    public void Enter(ServerCall call)
    {
        while (true)
        {
            var segments = _segments;
            var home = Thread.GetCurrentProcessorId();
            for (var i = 0; i < segments.Length; i++)
            {
                var index = (home + i) % segments.Length;
                if (segments[index].TryEnter(call, index * Segment.Size))
                    return;
            }
            lock (_growing)
            {
                if (_segments == segments)
                    _segments = MakeSegments(segments, 2 * segments.Length);
            }
        }
    }

    /// <summary>By a full fence: what is read after it is not older than that the call has left.</summary>
    public void Leave(ServerCall call) => _segments[call.Slot / Segment.Size].Leave(call.Slot % Segment.Size);

    public IEnumerator<ServerCall> GetEnumerator()
    {
        foreach (var segment in _segments)
        {
            for (var i = 0; i < Segment.Size; i++)
            {
                if (segment.At(i) is { } call)
                    yield return call;
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static Segment[] MakeSegments(Segment[] present, int count) =>
        [.. present, .. Enumerable.Range(present.Length, count - present.Length).Select(_ => new Segment())];

    /// <summary>Some slots, nearly always of calls on one core.</summary>
    private sealed class Segment
    {
        public const int Size = 32;

        private readonly Slot[] _slots = new Slot[Size];

        /// <summary>Where to look first: the slot that was left last is still in the core's cache.</summary>
        private Hint _hint;

        public ServerCall? At(int slot) => Volatile.Read(ref _slots[slot].Call);

        /// <param name="call">The call.</param>
        /// <param name="offset">The number of the first slot.</param>
        public bool TryEnter(ServerCall call, int offset)
        {
            var first = _hint.Slot;
            for (var i = 0; i < Size; i++)
            {
                var slot = (first + i) % Size;
                if (Volatile.Read(ref _slots[slot].Call) is not null)
                    continue;
                // Before it can be seen: who sees it may leave for it.
                call.Slot = offset + slot;
                if (Interlocked.CompareExchange(ref _slots[slot].Call, call, null) is null)
                    return true;
            }
            return false;
        }

        public void Leave(int slot)
        {
            Interlocked.Exchange(ref _slots[slot].Call, null);
            _hint.Slot = slot;
        }

        /// <summary>A structure, since an array of references asks at each write whether the type fits.</summary>
        private struct Slot
        {
            public ServerCall? Call;
        }

        /// <summary>Alone in its cache lines.</summary>
        [StructLayout(LayoutKind.Explicit, Size = 128)]
        private struct Hint
        {
            [FieldOffset(64)]
            public int Slot;
        }
    }
}
