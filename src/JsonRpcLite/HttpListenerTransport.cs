using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>
/// The default transport of a server, on <see cref="HttpListener"/>: everywhere where .NET is, and nothing to install. Made for calls from this
/// machine or from behind a proxy: what HttpListener itself answers, or cannot limit, it leaves so, as the README lists.
/// </summary>
/// <remarks>
/// It speaks IPv4 only, takes bodies only with a <c>Content-Length</c> (a chunked one is answered 411, since reading it can end the process), and a
/// function that blocks holds a thread of the pool.
/// </remarks>
public sealed class HttpListenerTransport : ServerTransport
{
    /// <summary>How often to try again with a new listener: another free port, or a start that a knocking client broke.</summary>
    private const int StartAttempts = 20;

    private readonly ConcurrentBag<ListenerExchange> _idle = [];
    private readonly CancellationTokenSource _stopped = new();
    private readonly TaskCompletionSource _allReplied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HttpListener _listener = null!;
    private ServerTransportContext _context = null!;

    /// <summary>The exchanges between accepting and the end of the reply, and one more until stopping begins.</summary>
    private int _busy = 1;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The host name is an IPv6 address.</exception>
    protected internal override Uri Start(ServerTransportContext context)
    {
        _context = context;
        var host = context.Options.HostName;
        if (IPAddress.TryParse(host.Trim('[', ']'), out var address) && address.AddressFamily == AddressFamily.InterNetworkV6)
            throw new ArgumentException($"HttpListener cannot bind the IPv6 address {host}; SocketTransport can.", nameof(context));

        var port = Listen(host, context.Port);
        Accept();
        return new Uri($"http://{(IsLoopback(host) || IsAnyInterface(host) ? "127.0.0.1" : host)}:{port}/");
    }

    /// <inheritdoc/>
    protected internal override async ValueTask StopAsync(CancellationToken cancellationToken)
    {
        OnReplied();
        try
        {
            // Closing the listener answers 200 with an empty body to whoever is still in the middle of a reply.
            await _allReplied.Task.WaitAsync(_context.Options.DrainTimeout, _context.Options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
        }
        await _stopped.CancelAsync().ConfigureAwait(false);
        _listener.Close();
    }

    private static bool IsLoopback(string host) => host is "localhost" or "127.0.0.1";

    private static bool IsAnyInterface(string host) => host is "*" or "+" or "0.0.0.0";

    private int Listen(string host, int port)
    {
        for (var attempt = 1; ; attempt++)
        {
            var candidate = port != 0 ? port : FindFreePort();
            var listener = new HttpListener();
            try
            {
                if (IsAnyInterface(host))
                {
                    listener.Prefixes.Add($"http://*:{candidate}/");
                }
                else if (IsLoopback(host))
                {
                    // A prefix answers 404 to any other Host than its own.
                    listener.Prefixes.Add($"http://localhost:{candidate}/");
                    listener.Prefixes.Add($"http://127.0.0.1:{candidate}/");
                }
                else
                {
                    listener.Prefixes.Add($"http://{host}:{candidate}/");
                }
                listener.Start();
                _listener = listener;
                return candidate;
            }
            catch (HttpListenerException e)
            {
                listener.Abort();
                if (port != 0 || attempt == StartAttempts)
                    throw new IOException($"Cannot listen on port {candidate} of {host}: {e.Message}. Is another program, or another server in this one, using the port?", e);
            }
            catch (ArgumentNullException) when (attempt < StartAttempts)
            {
                // A client that knocked while the listener was starting.
                listener.Abort();
            }
        }
    }

    /// <summary>HttpListener knows no port 0. The port may be taken again before it is used; then the next attempt finds another.</summary>
    private static int FindFreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    /// <summary>Asks for the next context. Whoever gets it asks again before anything else, so that a function that blocks stops nobody.</summary>
    private void Accept()
    {
        try
        {
            _listener.BeginGetContext(static result => ((HttpListenerTransport)result.AsyncState!).OnContext(result), this);
        }
        catch (Exception e) when (e is ObjectDisposedException or InvalidOperationException or HttpListenerException)
        {
            // The listener was closed.
            if (!_stopped.IsCancellationRequested)
                _context.Report(e);
        }
    }

    private void OnContext(IAsyncResult result)
    {
        HttpListenerContext? context = null;
        try
        {
            context = _listener.EndGetContext(result);
        }
        catch (Exception e)
        {
            if (_stopped.IsCancellationRequested || !_listener.IsListening)
                return;
            _context.Report(e);
        }
        Accept();
        if (context is not null)
            _ = ServeAsync(context);
    }

    private async Task ServeAsync(HttpListenerContext context)
    {
        Interlocked.Increment(ref _busy);
        var isAnsweredEarly = false;
        try
        {
            // HttpListener has answered 411 itself and hands the request over all the same.
            if (IsDead(context.Request))
                return;
            if (!_idle.TryTake(out var exchange))
                exchange = new ListenerExchange(_context, OnReplied);
            exchange.Begin(context);
            await _context.Handler(exchange, _stopped.Token).ConfigureAwait(false);
            if (!exchange.TryBeginReply())
            {
                isAnsweredEarly = true;
                return;
            }
            await exchange.SendAsync().ConfigureAwait(false);
            exchange.End();
            _idle.Add(exchange);
        }
        catch (Exception e)
        {
            // Peers that are gone are everyday; anything else is worth a line. No exception may leave here: it would end the process.
            if (e is not (HttpListenerException or IOException or ObjectDisposedException or InvalidOperationException))
                _context.Report(e);
            context.Response.Abort();
        }
        finally
        {
            // The early reply counts for itself: nobody waits for a function that was given up.
            if (!isAnsweredEarly)
                OnReplied();
        }
    }

    private void OnReplied()
    {
        if (Interlocked.Decrement(ref _busy) == 0)
            _allReplied.TrySetResult();
    }

    private static bool IsDead(HttpListenerRequest request) =>
        request.HttpMethod is "POST" or "PUT" && request.Headers["Content-Length"] is null && request.Headers["Transfer-Encoding"] is null;
}
