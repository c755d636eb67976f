using System.Numerics;
using System.Runtime.InteropServices;

namespace JsonRpcLite;

/// <summary>The exchanges in flight, up to a limit, for the watch, the shutdown and the body budget.</summary>
/// <remarks>
/// An exchange enters and leaves by one atomic operation each, in a segment of its processor core, so that exchanges on different cores write to no common memory. The count is
/// still exact: the word of a segment has a bit for each free slot and counts its changes, so that two equal readings of all words, none with a free slot, prove that there was a
/// moment at which all slots were taken. The class is thread-safe.
/// </remarks>
/// <param name="max">The largest number of exchanges.</param>
internal sealed class ExchangeTable(int max)
{
    private readonly Lock _growing = new();
    private volatile Segment[] _segments = Grow([], Environment.ProcessorCount, max);

    public bool IsEmpty => Array.TrueForAll(_segments, segment => segment.IsEmpty);

    /// <summary>Enters an exchange; returns <c>false</c> if the table is full.</summary>
    /// <remarks>
    /// It is a full fence: reads after it, such as those of <c>CallsInFlight._isStopping</c> and <c>CallWatch._nextLook</c>, happen after other threads can see the exchange.
    /// </remarks>
    public bool TryEnter(ServerCall call)
    {
        while (true)
        {
            var segments = _segments;
            var home = Thread.GetCurrentProcessorId();
            for (var i = 0; i < segments.Length; i++)
            {
                var index = (int)((uint)(home + i) % (uint)segments.Length);
                if (segments[index].TryEnter(call, index))
                    return true;
            }
            if (AreAllTaken(segments) && !TryGrow(segments))
                return false;
        }
    }

    /// <summary>Removes an exchange.</summary>
    /// <remarks>It is a full fence: reads after it happen after other threads can see that the exchange has left.</remarks>
    public void Leave(ServerCall call) => _segments[call.Segment].Leave(call.Slot);

    /// <summary>Calls the action for each exchange.</summary>
    /// <remarks>An exchange that enters or leaves meanwhile may be missed.</remarks>
    public void ForEach(Action<ServerCall> action)
    {
        foreach (var segment in _segments)
            segment.ForEach(action);
    }

    private static Segment[] Grow(Segment[] present, int wanted, int max)
    {
        var needed = (int)(((long)max + Segment.Size - 1) / Segment.Size);
        var count = Math.Min(wanted, needed);
        var grown = new Segment[count];
        present.CopyTo(grown, 0);
        for (var i = present.Length; i < count; i++)
            grown[i] = new Segment(Math.Min(Segment.Size, max - i * Segment.Size));
        return grown;
    }

    private bool TryGrow(Segment[] full)
    {
        lock (_growing)
        {
            if (_segments != full)
                return true;
            var more = Grow(full, 2 * full.Length, max);
            _segments = more;
            return more.Length > full.Length;
        }
    }

    private static bool AreAllTaken(Segment[] segments)
    {
        var words = Array.ConvertAll(segments, segment => segment.Word);
        return Array.TrueForAll(words, word => !Segment.HasFree(word)) && segments.Zip(words).All(pair => pair.First.Word == pair.Second);
    }

    /// <summary>A set of slots, nearly always for exchanges on one core.</summary>
    private sealed class Segment
    {
        public const int Size = 32;
        private const long OneChange = 1L << Size;

        private readonly ServerCall?[] _slots;
        private Padded _padded;

        public Segment(int size)
        {
            _slots = new ServerCall?[size];
            _padded.Word = OneChange - 1 >> Size - size;
        }

        /// <summary>The state: the lower half has a bit for each free slot, the upper half counts the changes.</summary>
        public long Word => Volatile.Read(ref _padded.Word);

        public bool IsEmpty => BitOperations.PopCount((uint)Word) == _slots.Length;

        public static bool HasFree(long word) => (uint)word != 0;

        public bool TryEnter(ServerCall call, int index)
        {
            for (var seen = Word; HasFree(seen);)
            {
                var slot = BitOperations.TrailingZeroCount((uint)seen);
                var found = Interlocked.CompareExchange(ref _padded.Word, (seen & ~(1L << slot)) + OneChange, seen);
                if (found == seen)
                {
                    (call.Segment, call.Slot) = (index, slot);
                    Volatile.Write(ref _slots[slot], call);
                    return true;
                }
                seen = found;
            }
            return false;
        }

        public void Leave(int slot)
        {
            Volatile.Write(ref _slots[slot], null);
            Interlocked.Add(ref _padded.Word, (1L << slot) + OneChange);
        }

        public void ForEach(Action<ServerCall> action)
        {
            for (var slot = 0; slot < _slots.Length; slot++)
            {
                if (Find(slot) is { } call)
                    action(call);
            }
        }

        /// <summary>Returns the exchange in a slot; <c>null</c> if the slot is free.</summary>
        /// <remarks>Another thread may have taken the slot in <c>_padded.Word</c> and not yet written <c>_slots</c>; this thread then waits for it.</remarks>
        private ServerCall? Find(int slot)
        {
            var wait = default(SpinWait);
            while ((Word & 1L << slot) == 0)
            {
                if (Volatile.Read(ref _slots[slot]) is { } call)
                    return call;
                wait.SpinOnce();
            }
            return null;
        }

        /// <summary>A word that has its cache lines for itself.</summary>
        [StructLayout(LayoutKind.Explicit, Size = 128)]
        private struct Padded
        {
            [FieldOffset(64)]
            public long Word;
        }
    }
}
