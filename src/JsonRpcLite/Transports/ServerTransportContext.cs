namespace JsonRpcLite;

/// <summary>What a <see cref="ServerTransport"/> is started with: where to listen, the limits that are the transport's, and the server. Thread-safe.</summary>
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

    /// <summary>The port to listen on, 0 to 65535; 0 asks for any that is free.</summary>
    public int Port { get; }

    /// <summary>The host name or address to listen on, as <c>JsonRpcServerOptions.HostName</c> has it; <c>*</c> stands for every interface.</summary>
    public string HostName { get; }

    /// <summary>The limits that the transport keeps.</summary>
    public HttpLimits Limits { get; }

    /// <summary>The clock of the server's time limits.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>
    /// Serves a request: runs the server's rules and the user's function, and has the exchange send the reply (<see cref="HttpExchange.SendAsync"/>), exactly one. The task says
    /// what may become of the exchange and its connection.
    /// </summary>
    /// <param name="exchange">New, or ready for another request (<see cref="HttpExchange.TryReset"/>), with the request's head filled in.</param>
    /// <param name="peerGone">Cancels the function's token: the peer is gone. A reply is sent all the same; <see cref="HttpExchange.OnPeerGone"/> prevents that too.</param>
    /// <exception cref="InvalidOperationException">The exchange has served another request, and was not made ready.</exception>
    /// <remarks>The task fails only as <see cref="HttpExchange.SendAsync"/> does.</remarks>
    public ValueTask<ExchangeOutcome> ServeAsync(HttpExchange exchange, CancellationToken peerGone)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        return _serve(exchange, peerGone);
    }

    /// <summary>
    /// Answers something that never became a request, because its framing was in doubt or there was no room for it: has the exchange send the status and the error object that this
    /// server answers with, and the end of the connection.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The status is not an error, 400 to 599.</exception>
    public ValueTask<ExchangeOutcome> RefuseAsync(HttpExchange exchange, int statusCode, string message)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        ArgumentOutOfRangeException.ThrowIfLessThan(statusCode, 400);
        return _refuse(exchange, statusCode, message);
    }

    /// <summary>Reports a failure of the transport itself, one that belongs to no call.</summary>
    public void Report(Exception exception) => _report(exception);
}

/// <summary>Serves an exchange; see <see cref="ServerTransportContext.ServeAsync"/>.</summary>
internal delegate ValueTask<ExchangeOutcome> ExchangeServing(HttpExchange exchange, CancellationToken peerGone);

/// <summary>Refuses an exchange; see <see cref="ServerTransportContext.RefuseAsync"/>.</summary>
internal delegate ValueTask<ExchangeOutcome> ExchangeRefusing(HttpExchange exchange, int statusCode, string message);
