using System.Collections.Concurrent;

namespace JsonRpcLite;

/// <summary>Exchanges between two requests, of whichever connections: an idle connection has none. Thread-safe.</summary>
internal sealed class ExchangePool(ServerTransportContext context, ConnectionClock clock, bool isSecure)
{
    /// <summary>More than these are not kept beside the last: a burst need not be remembered for ever.</summary>
    private const int MaxIdle = 256;

    private readonly ConcurrentQueue<SocketExchange> _idle = [];

    /// <summary>The one that was returned last, still in the processor's caches.</summary>
    private SocketExchange? _last;

    public SocketExchange Rent() =>
        Interlocked.Exchange(ref _last, null) ?? (_idle.TryDequeue(out var exchange) ? exchange : new SocketExchange(context, clock, isSecure));

    public void Return(SocketExchange exchange)
    {
        if (Interlocked.CompareExchange(ref _last, exchange, null) is not null && _idle.Count < MaxIdle)
            _idle.Enqueue(exchange);
    }
}
