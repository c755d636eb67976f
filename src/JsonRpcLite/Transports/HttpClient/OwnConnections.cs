namespace JsonRpcLite;

/// <summary>
/// A handler with its connections, which can be replaced: HttpClient has no way to give up the one connection that a reply came on. The old one is disposed when its last call has
/// ended. Thread-safe.
/// </summary>
internal sealed class OwnConnections(Func<HttpMessageInvoker> make) : IDisposable
{
    private Lease _current = new(make());
    private volatile bool _isDisposed;

    /// <summary>To be left again (<see cref="Lease.Leave"/>).</summary>
    public Lease Enter()
    {
        while (true)
        {
            // One that ends in this moment has been replaced already.
            var current = Volatile.Read(ref _current);
            if (current.TryEnter())
                return current;
        }
    }

    /// <summary>Sees to it that no later call uses a connection of these; once, whoever asks.</summary>
    public void Replace(Lease lease)
    {
        if (_isDisposed || Volatile.Read(ref _current) != lease)
            return;
        var next = new Lease(make());
        if (Interlocked.CompareExchange(ref _current, next, lease) == lease)
            lease.Leave();
        else
            next.Leave();
        // Dispose sets the flag and looks then; here it is the other way round.
        if (_isDisposed)
            Volatile.Read(ref _current).Connections.Dispose();
    }

    public void Dispose()
    {
        _isDisposed = true;
        Interlocked.MemoryBarrier();
        Volatile.Read(ref _current).Connections.Dispose();
    }

    /// <summary>One handler, and how many hold it: each call, and the current one as long as it is that.</summary>
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
