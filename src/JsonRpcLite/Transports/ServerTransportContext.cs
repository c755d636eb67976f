namespace JsonRpcLite;

/// <summary>The context with which a <see cref="ServerTransport"/> starts: the address, the limits, and the server.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class ServerTransportContext
{
    private readonly ExchangeServing _serve;
    private readonly ExchangeRefusing _refuse;
    private readonly Action<Exception> _report;

    internal ServerTransportContext(
        int port, string hostName, HttpLimits limits, TimeProvider timeProvider, ExchangeServing serve, ExchangeRefusing refuse, Action<Exception> report)
    {
        Port = port;
        HostName = hostName;
        Limits = limits;
        TimeProvider = timeProvider;
        (_serve, _refuse, _report) = (serve, refuse, report);
    }

    /// <summary>The port to listen on, 0 to 65535; 0 selects a free port.</summary>
    public int Port { get; }

    /// <summary>The host name or address to listen on (<c>JsonRpcServerOptions.HostName</c>); <c>*</c> means every interface.</summary>
    public string HostName { get; }

    /// <summary>The limits that the transport enforces.</summary>
    public HttpLimits Limits { get; }

    /// <summary>The clock of the server's time limits.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>Serves a request: runs the server's rules and the user's function, and sends exactly one reply.</summary>
    /// <param name="exchange">A new or reset exchange (<see cref="HttpExchange.TryReset"/>), with the head of the request.</param>
    /// <param name="peerGone">
    /// Cancelled when the peer has disconnected; it cancels the function's token. A reply is sent nevertheless; <see cref="HttpExchange.OnPeerGone"/> prevents that too.
    /// </param>
    /// <exception cref="InvalidOperationException">The exchange has served another request, and was not reset.</exception>
    /// <remarks>
    /// The reply is sent by <see cref="HttpExchange.SendAsync"/>. The result of the task says what the transport may do with the exchange and its connection. The task fails only
    /// if <see cref="HttpExchange.SendAsync"/> fails.
    /// </remarks>
    public ValueTask<ExchangeOutcome> ServeAsync(HttpExchange exchange, CancellationToken peerGone)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        return _serve(exchange, peerGone);
    }

    /// <summary>Rejects input that did not become a request, because its framing was ambiguous or the server had no capacity for it.</summary>
    /// <remarks>It sends the status, the error object of this server, and the end of the connection.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The status is not an error, 400 to 599.</exception>
    public ValueTask<ExchangeOutcome> RefuseAsync(HttpExchange exchange, int statusCode, string message)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        ArgumentOutOfRangeException.ThrowIfLessThan(statusCode, 400);
        return _refuse(exchange, statusCode, message);
    }

    /// <summary>Reports a failure of the transport itself, which belongs to no call.</summary>
    public void Report(Exception exception) => _report(exception);
}

/// <summary>Serves an exchange; see <see cref="ServerTransportContext.ServeAsync"/>.</summary>
internal delegate ValueTask<ExchangeOutcome> ExchangeServing(HttpExchange exchange, CancellationToken peerGone);

/// <summary>Rejects an exchange; see <see cref="ServerTransportContext.RefuseAsync"/>.</summary>
internal delegate ValueTask<ExchangeOutcome> ExchangeRefusing(HttpExchange exchange, int statusCode, string message);
