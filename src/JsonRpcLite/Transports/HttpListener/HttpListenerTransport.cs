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

    /// <summary>What Linux calls an address in use.</summary>
    private const int AddressInUseOnLinux = 98;

    private readonly ConcurrentBag<ListenerExchange> _idle = [];
    private readonly ConcurrentDictionary<HttpListenerContext, bool> _streams = [];
    private readonly TaskCompletionSource _allReplied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HttpListener _listener = null!;
    private volatile bool _isStopped;
    private ServerTransportContext _context = null!;

    /// <summary>The exchanges between accepting and the end of the reply, and one more until stopping begins.</summary>
    private int _busy = 1;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The host name is an IPv6 address.</exception>
    protected internal override Uri Start(ServerTransportContext context)
    {
        _context = context;
        var host = context.HostName;
        if (IPAddress.TryParse(host.Trim('[', ']'), out var address) && address.AddressFamily == AddressFamily.InterNetworkV6)
            throw new ArgumentException($"HttpListener cannot bind the IPv6 address {host}; SocketTransport can.", nameof(context));

        var port = Listen(host, context.Port);
        Accept();
        return new Uri($"http://{(IsLocalhost(host) || IsAnyInterface(host) ? "127.0.0.1" : host)}:{port}/");
    }

    /// <inheritdoc/>
    protected internal override async ValueTask StopAsync(CancellationToken cancellationToken)
    {
        OnReplied();
        try
        {
            // Closing the listener answers 200 with an empty body to whoever is still in the middle of a reply.
            await _allReplied.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Peers that take their replies too slowly; they had their time.
        }
        _isStopped = true;
        // Closing the listener would write the end mark of each, and wait for ever where a client reads nothing.
        foreach (var stream in _streams.Keys)
            ListenerSocket.EndChunked(stream);
        _listener.Close();
    }

    /// <inheritdoc/>
    protected internal override bool IsLoopback(string hostName) => SiteName.IsLoopback(hostName);

    private static bool IsLocalhost(string host) => host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host == "127.0.0.1";

    private static bool IsAnyInterface(string host) => host is "*" or "+" or "0.0.0.0";

    private int Listen(string host, int port)
    {
        var wasRaced = false;
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
                else if (IsLocalhost(host))
                {
                    // A prefix answers 404 to any other Host than its own.
                    listener.Prefixes.Add($"http://localhost:{candidate}/");
                    listener.Prefixes.Add($"http://127.0.0.1:{candidate}/");
                }
                else
                {
                    listener.Prefixes.Add($"http://{host}:{candidate}/");
                }
                StartGate.Run(listener.Start);
                _listener = listener;
                return candidate;
            }
            catch (HttpListenerException e)
            {
                listener.Abort();
                if (attempt == StartAttempts || port != 0 && !wasRaced)
                    throw new IOException(
                        $"Cannot listen on port {candidate} of {host}: {Sentence.Of(e.Message)}{(IsInUse(e) ? " Another program, or another server in this one, is using the port." : "")}", e);
                FreeLostSocket();
            }
            catch (ArgumentNullException) when (attempt < StartAttempts)
            {
                // A client knocked while the listener was starting. The socket that it knocked at is lost to the listener, and is only closed when it is collected; until
                // then the port is "in use".
                listener.Abort();
                wasRaced = true;
                FreeLostSocket();
            }
        }
    }

    private static void FreeLostSocket()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private static bool IsInUse(HttpListenerException e) =>
        e.ErrorCode is (int)SocketError.AddressAlreadyInUse or AddressInUseOnLinux || e.Message.Contains("in use", StringComparison.Ordinal)
        || e.Message.Contains("conflicts", StringComparison.Ordinal);

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
            if (!_isStopped)
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
            if (_isStopped || !_listener.IsListening)
                return;
            _context.Report(e);
        }
        // Counted before anybody else can come, so that stopping never overlooks it.
        if (context is not null)
            Interlocked.Increment(ref _busy);
        Accept();
        if (context is not null)
            _ = ServeAsync(context);
    }

    private async Task ServeAsync(HttpListenerContext context)
    {
        var isLeftBehind = false;
        try
        {
            // HttpListener has answered 411 itself and hands the request over all the same.
            if (IsDead(context.Request))
                return;
            if (!_idle.TryTake(out var exchange))
                exchange = new ListenerExchange(_context, OnReplied, _streams);
            exchange.Begin(context);
            // No token: HttpListener reports no disconnect, and whoever outlasts the drain is answered and cancelled before this transport stops.
            if (await _context.ServeAsync(exchange, CancellationToken.None).ConfigureAwait(false) == ExchangeOutcome.LeftBehind)
            {
                isLeftBehind = true;
                return;
            }
            if (exchange.TryEnd())
                _idle.Add(exchange);
        }
        catch (Exception e)
        {
            // Peers that are gone are everyday; anything else is worth a line. No exception may leave here: it would end the process.
            // A request that came in the very moment of the stop finds its reply sent by HttpListener, which is an InvalidOperationException.
            if (e is not (HttpListenerException or IOException or ObjectDisposedException or TimeoutException) && !(_isStopped && e is InvalidOperationException))
                _context.Report(e);
            if (context.Response.SendChunked)
                ListenerSocket.EndChunked(context);
            else
                Abort(context.Response);
        }
        finally
        {
            _streams.TryRemove(context, out _);
            // The early reply, or the end of a stream that was cut off, counts for itself: nobody waits for a function that was given up.
            if (!isLeftBehind)
                OnReplied();
        }
    }

    /// <summary>Ends the connection; if HttpListener answers something all the same, as it does when nothing has been sent yet, then not 200.</summary>
    private static void Abort(HttpListenerResponse response)
    {
        try
        {
            response.StatusCode = 500;
            response.KeepAlive = false;
        }
        catch (Exception e) when (e is ObjectDisposedException or InvalidOperationException)
        {
            // The head has been sent.
        }
        response.Abort();
    }

    private void OnReplied()
    {
        if (Interlocked.Decrement(ref _busy) == 0)
            _allReplied.TrySetResult();
    }

    private static bool IsDead(HttpListenerRequest request) =>
        request.HttpMethod is "POST" or "PUT" && request.Headers["Content-Length"] is null && request.Headers["Transfer-Encoding"] is null;
}
