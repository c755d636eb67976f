using System.Runtime.InteropServices;

namespace JsonRpcLite;

/// <summary>A number of permits, shared out over the processor cores, so that calls on different cores write nothing in common. Thread-safe.</summary>
/// <remarks>
/// The count is exact all the same: a permit is taken from the stripe of the current core, else from any other, and none is refused while one is free. A refusal is based on a
/// snapshot of all stripes: each change counts up in its stripe's word, so that two equal readings of all words mean that nothing has changed in between.
/// </remarks>
internal sealed class StripedPermits
{
    private const long OneChange = 1L << 32;

    private readonly Stripe[] _stripes;

    public StripedPermits(int count)
    {
        _stripes = new Stripe[Math.Min(count, Environment.ProcessorCount)];
        for (var i = 0; i < _stripes.Length; i++)
            _stripes[i].Word = count / _stripes.Length + (i < count % _stripes.Length ? 1 : 0);
    }

    /// <summary>How many are free; of a moment that is past.</summary>
    public int Free
    {
        get
        {
            var free = 0;
            for (var i = 0; i < _stripes.Length; i++)
                free += FreeOf(Volatile.Read(ref _stripes[i].Word));
            return free;
        }
    }

    /// <summary>Takes one: the number to give it back by; -1 where all are taken.</summary>
    public int Take() => Take(Thread.GetCurrentProcessorId());

    /// <param name="core">Where the caller runs, as far as it knows.</param>
    public int Take(int core)
    {
        var home = (int)((uint)core % (uint)_stripes.Length);
        if (TryTake(home))
            return home;
        Span<long> seen = stackalloc long[Math.Min(_stripes.Length, 64)];
        while (true)
        {
            for (var i = 0; i < _stripes.Length; i++)
            {
                if (TryTake(i))
                    return i;
            }
            if (AreAllTaken(_stripes.Length <= seen.Length ? seen : new long[_stripes.Length]))
                return -1;
        }
    }

    /// <summary>Takes one where none may be free, for what runs in any case: then others wait until it, and one more, is given back.</summary>
    public int TakeAnyway(int core)
    {
        var home = (int)((uint)core % (uint)_stripes.Length);
        Interlocked.Add(ref _stripes[home].Word, OneChange - 1);
        return home;
    }

    /// <param name="stripe">What <see cref="Take()"/> said.</param>
    public void GiveBack(int stripe) => Interlocked.Add(ref _stripes[stripe].Word, OneChange + 1);

    private bool TryTake(int stripe)
    {
        ref var word = ref _stripes[stripe].Word;
        for (var seen = Volatile.Read(ref word); FreeOf(seen) > 0;)
        {
            var found = Interlocked.CompareExchange(ref word, seen + OneChange - 1, seen);
            if (found == seen)
                return true;
            seen = found;
        }
        return false;
    }

    /// <summary>Whether there was a moment at which none was free.</summary>
    private bool AreAllTaken(Span<long> seen)
    {
        for (var i = 0; i < _stripes.Length; i++)
        {
            seen[i] = Volatile.Read(ref _stripes[i].Word);
            if (FreeOf(seen[i]) > 0)
                return false;
        }
        for (var i = 0; i < _stripes.Length; i++)
        {
            if (Volatile.Read(ref _stripes[i].Word) != seen[i])
                return false;
        }
        return true;
    }

    private static int FreeOf(long word) => (int)word;

    /// <summary>The upper half counts changes, the lower half the free permits. Alone in its cache lines, away from the array's length, which every core reads.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Stripe
    {
        [FieldOffset(64)]
        public long Word;
    }
}
