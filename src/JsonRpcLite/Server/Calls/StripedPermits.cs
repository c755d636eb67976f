using System.Runtime.InteropServices;

namespace JsonRpcLite;

/// <summary>A number of permits, divided among the processor cores.</summary>
/// <remarks>
/// The class is thread-safe, and calls on different cores write to no common memory. The count is still exact: a permit is taken from the stripe of the current core, or else
/// from any other, and no permit is refused while one is free. A refusal is based on a snapshot of all stripes: each change counts up in its stripe's word, so that two equal
/// readings of all words prove that nothing has changed in between.
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

    /// <summary>The number of free permits.</summary>
    /// <remarks>The value may be outdated when it is returned.</remarks>
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

    /// <summary>Takes a permit.</summary>
    /// <returns>The number to release it by; -1 if all permits are taken.</returns>
    public int Take() => Take(Thread.GetCurrentProcessorId());

    /// <summary>Takes a permit, from the stripe of a core if possible.</summary>
    /// <param name="core">The core that the caller runs on, as far as it knows.</param>
    /// <returns>The number to release it by; -1 if all permits are taken.</returns>
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

    /// <summary>Takes a permit even if none is free, for work that runs in any case.</summary>
    /// <remarks>If it exceeds the limit, a permit is free again only when this one and one more are released.</remarks>
    public int TakeAnyway(int core)
    {
        var home = (int)((uint)core % (uint)_stripes.Length);
        Interlocked.Add(ref _stripes[home].Word, OneChange - 1);
        return home;
    }

    /// <summary>Releases a permit.</summary>
    /// <param name="stripe">The number that <see cref="Take()"/> returned.</param>
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

    /// <summary>Whether there was a moment at which no permit was free.</summary>
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

    /// <summary>The word of a stripe: the upper half counts changes, the lower half the free permits.</summary>
    /// <remarks>It has its cache lines for itself, apart from the array's length, which every core reads.</remarks>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Stripe
    {
        [FieldOffset(64)]
        public long Word;
    }
}
