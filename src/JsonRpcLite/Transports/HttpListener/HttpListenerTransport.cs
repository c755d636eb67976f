using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>The default transport of a server, based on <see cref="HttpListener"/>.</summary>
/// <remarks>
/// It is available wherever .NET is, and needs no installation. It is intended for calls from this machine or from behind a proxy: the README lists what HttpListener answers
/// itself or cannot limit. It supports only IPv4, and accepts bodies only with a <c>Content-Length</c> (a chunked body is answered with 411, since reading it can end the
/// process). A function that blocks occupies a thread of the pool.
/// </remarks>
public sealed class HttpListenerTransport : ServerTransport
{
    /// <summary>The maximum number of attempts to start a listener: to find another free port, or after a client broke a start.</summary>
    private const int StartAttempts = 20;

    /// <summary>The error code of Linux for an address in use (EADDRINUSE).</summary>
    private const int AddressInUseOnLinux = 98;

    private readonly ConcurrentBag<ListenerExchange> _idle = [];
    private readonly ConcurrentDictionary<HttpListenerContext, bool> _streams = [];
    private readonly TaskCompletionSource _allReplied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HttpListener _listener = null!;
    private volatile bool _isStopped;
    private ServerTransportContext _context = null!;

    /// <summary>The number of exchanges between accepting and the end of the reply, plus one until the transport begins to stop.</summary>
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
            // Closing the listener sends 200 with an empty body to every client that is still receiving a reply.
            await _allReplied.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Some peers read their replies too slowly; their time has expired.
        }
        _isStopped = true;
        // Closing the listener would write the end mark of each stream, and wait for ever if a client reads nothing.
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
                    // HttpListener answers a request for another Host than that of a prefix with 404.
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
                {
                    var advice = IsInUse(e) ? " Another program, or another server in this one, is using it. Stop it, or choose another port." : "";
                    throw new IOException($"Cannot listen on port {candidate} of {host}: {Sentence.Of(e.Message)}{advice}", e);
                }
                FreeLostSocket();
            }
            catch (ArgumentNullException) when (attempt < StartAttempts)
            {
                // A client connected while the listener was starting. The listener has lost the client's socket, which is closed only when it is collected; until then the port
                // is "in use".
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

    /// <summary>Finds a free port, since HttpListener does not support port 0.</summary>
    /// <remarks>Another program may take the port before it is used; then the next attempt finds another.</remarks>
    private static int FindFreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    /// <summary>Requests the next context.</summary>
    /// <remarks>The callback requests another one first, so that a function that blocks does not hold up other requests.</remarks>
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
        // Counted before another request can be accepted, so that stopping never misses it.
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
            // HttpListener has answered 411 itself, and passes the request on nevertheless.
            if (IsDead(context.Request))
                return;
            if (!_idle.TryTake(out var exchange))
                exchange = new ListenerExchange(_context, OnReplied, _streams);
            exchange.Begin(context);
            // There is no token: HttpListener does not report a disconnected client, and a call that outlasts the drain is answered and cancelled before this transport stops.
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
            // Disconnected peers are normal; any other exception is reported. No exception may leave this method: it would end the process. If a request arrives at the moment of
            // stopping, HttpListener may send its reply, which causes an InvalidOperationException.
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
            // The early reply, or the end of a broken stream, calls OnReplied itself: the transport does not wait for a function that was given up.
            if (!isLeftBehind)
                OnReplied();
        }
    }

    /// <summary>Aborts the connection, with status 500 in case HttpListener sends a reply, as it does when nothing was sent yet.</summary>
    private static void Abort(HttpListenerResponse response)
    {
        try
        {
            response.StatusCode = 500;
            response.KeepAlive = false;
        }
        catch (Exception e) when (e is ObjectDisposedException or InvalidOperationException)
        {
            // The head was already sent.
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
