namespace JsonRpcLite;

/// <summary>A replaceable handler with its connections.</summary>
/// <remarks>
/// HttpClient cannot close the one connection on which a reply arrived, so the whole handler is replaced. The old one is disposed when its last call has ended. Thread-safe.
/// </remarks>
internal sealed class OwnConnections(Func<HttpMessageInvoker> make) : IDisposable
{
    private Lease _current = new(make());
    private volatile bool _isDisposed;

    /// <summary>Enters the current handler; the caller must leave it (<see cref="Lease.Leave"/>).</summary>
    public Lease Enter()
    {
        while (true)
        {
            // A lease that ends at this moment has already been replaced.
            var current = Volatile.Read(ref _current);
            if (current.TryEnter())
                return current;
        }
    }

    /// <summary>Replaces the connections, so that no later call uses them; only the first request has an effect.</summary>
    public void Replace(Lease lease)
    {
        if (_isDisposed || Volatile.Read(ref _current) != lease)
            return;
        var next = new Lease(make());
        if (Interlocked.CompareExchange(ref _current, next, lease) == lease)
            lease.Leave();
        else
            next.Leave();
        // Two threads meet here: Replace writes _current and then reads _isDisposed; Dispose writes _isDisposed and then reads _current. With a full fence between write and read
        // on both threads, at least one of them disposes the new connections.
        if (_isDisposed)
            Volatile.Read(ref _current).Connections.Dispose();
    }

    public void Dispose()
    {
        _isDisposed = true;
        Interlocked.MemoryBarrier();
        Volatile.Read(ref _current).Connections.Dispose();
    }

    /// <summary>One handler and the number of its holders: each call, and OwnConnections while it is the current one.</summary>
    internal sealed class Lease(HttpMessageInvoker connections)
    {
        private int _holders = 1;

        public HttpMessageInvoker Connections => connections;

        public bool TryEnter()
        {
            while (Volatile.Read(ref _holders) is var holders and > 0)
            {
                if (Interlocked.CompareExchange(ref _holders, holders + 1, holders) == holders)
                    return true;
            }
            return false;
        }

        public void Leave()
        {
            if (Interlocked.Decrement(ref _holders) == 0)
                connections.Dispose();
        }
    }
}
