using System.Runtime.InteropServices;

namespace JsonRpcLite;

/// <summary>The unused exchanges of a transport: an idle connection has none.</summary>
/// <remarks>
/// Thread-safe. They are divided among the processor cores, so that calls on different cores write no shared memory. A call takes the exchange that was returned last on its
/// core, which is still in that core's caches. It takes one of another core only if its own core has none. Each core keeps a few exchanges.
/// </remarks>
internal sealed class ExchangePool
{
    private readonly Func<SocketExchange> _make;
    private readonly Stripe[] _stripes;

    public ExchangePool(ServerTransportContext context, ConnectionClock clock, bool isSecure)
    {
        _make = () => new SocketExchange(context, clock, isSecure);
        _stripes = new Stripe[Math.Min(Environment.ProcessorCount, Housekeeping.MaxIdle / 4)];
        for (var i = 0; i < _stripes.Length; i++)
            _stripes[i].Others = new Stack<SocketExchange>();
    }

    public SocketExchange Rent() => Rent(Thread.GetCurrentProcessorId());

    public void Return(SocketExchange exchange) => Return(exchange, Thread.GetCurrentProcessorId());

    /// <summary>The same, on the given core.</summary>
    internal SocketExchange Rent(int core)
    {
        var home = core % _stripes.Length;
        for (var i = 0; i < _stripes.Length; i++)
        {
            if (TryTake(ref _stripes[(home + i) % _stripes.Length]) is { } exchange)
                return exchange;
        }
        return _make();
    }

    /// <inheritdoc cref="Rent(int)"/>
    internal void Return(SocketExchange exchange, int core)
    {
        ref var stripe = ref _stripes[core % _stripes.Length];
        if (Volatile.Read(ref stripe.Last) is null && Interlocked.CompareExchange(ref stripe.Last, exchange, null) is null)
            return;
        lock (stripe.Others)
        {
            if (stripe.Others.Count < Housekeeping.MaxIdle / _stripes.Length - 1)
                stripe.Others.Push(exchange);
        }
    }

    private static SocketExchange? TryTake(ref Stripe stripe)
    {
        // Read first: the other cores, which all look here when they have none, must not write to the cache line of a core without an exchange.
        if (Volatile.Read(ref stripe.Last) is not null && Interlocked.Exchange(ref stripe.Last, null) is { } last)
            return last;
        if (stripe.Others.Count == 0)
            return null;
        lock (stripe.Others)
            return stripe.Others.TryPop(out var exchange) ? exchange : null;
    }

    /// <summary>The exchanges of one core.</summary>
    /// <remarks>It is as large as two cache lines, which some processors fetch together, and one line away from the array's length.</remarks>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Stripe
    {
        [FieldOffset(64)]
        public SocketExchange? Last;

        [FieldOffset(72)]
        public Stack<SocketExchange> Others;
    }
}
