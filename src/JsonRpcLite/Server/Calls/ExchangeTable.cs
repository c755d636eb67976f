using System.Numerics;
using System.Runtime.InteropServices;

namespace JsonRpcLite;

/// <summary>
/// The exchanges under way: as many as there may be, and all of them for those who look at them: the watch, the drain, the budget. Thread-safe.
/// </summary>
/// <remarks>
/// An exchange enters and leaves by one atomic operation each, in a segment of its processor core, so that exchanges on different cores write nothing in common. The count is exact
/// all the same: the word of a segment has a bit for each free slot and counts its changes, so that two equal readings of all words, none with a free slot, mean that there was a
/// moment at which all were taken.
/// </remarks>
/// <param name="max">How many exchanges there may be.</param>
internal sealed class ExchangeTable(int max)
{
    private readonly Lock _growing = new();
    private volatile Segment[] _segments = Grow([], Environment.ProcessorCount, max);

    public bool IsEmpty => Array.TrueForAll(_segments, segment => segment.IsEmpty);

    /// <summary>False where there are as many as there may be. By a full fence: what is read after it is not older than that others can see the exchange.</summary>
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

    /// <summary>By a full fence: what is read after it is not older than that the exchange has left.</summary>
    public void Leave(ServerCall call) => _segments[call.Segment].Leave(call.Slot);

    /// <summary>Calls the action for each exchange that is there all the time; for one that comes or goes meanwhile, perhaps.</summary>
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

    /// <summary>Some slots, nearly always of exchanges on one core.</summary>
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

        /// <summary>The lower half has a bit for each free slot; the upper half counts the changes.</summary>
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

        /// <summary>A slot that is taken has its exchange in a moment, if its thread has not come so far.</summary>
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

        /// <summary>Alone in its cache lines.</summary>
        [StructLayout(LayoutKind.Explicit, Size = 128)]
        private struct Padded
        {
            [FieldOffset(64)]
            public long Word;
        }
    }
}
