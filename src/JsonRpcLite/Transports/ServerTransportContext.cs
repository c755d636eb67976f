namespace JsonRpcLite;

/// <summary>What a <see cref="ServerTransport"/> is started with.</summary>
public sealed class ServerTransportContext
{
    private readonly HandlerChain _chain;
    private readonly FailureReport _failures;

    internal ServerTransportContext(int port, JsonRpcServerOptions options, HandlerChain chain, FailureReport failures)
    {
        Port = port;
        Options = options;
        _chain = chain;
        _failures = failures;
    }

    /// <summary>The port to listen on, 0 to 65535; 0 asks for any that is free.</summary>
    public int Port { get; }

    /// <summary>The server's options, checked, and a copy: nobody changes them any more.</summary>
    public JsonRpcServerOptions Options { get; }

    /// <summary>Answers each exchange. Its task never fails.</summary>
    public HttpExchangeHandler Handler => _chain.Handler;

    /// <summary>
    /// Makes the exchange the reply to something that never became a request, because its framing was in doubt or there was no room for it: the status, the error object that this
    /// server answers with, and the end of the connection.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The status is not an error, 400 to 599.</exception>
    public void Refuse(HttpExchange exchange, int statusCode, string message)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        ArgumentOutOfRangeException.ThrowIfLessThan(statusCode, 400);
        _chain.Refuse(exchange, statusCode, message);
    }

    /// <summary>Reports a failure of the transport itself, one that belongs to no call.</summary>
    public void Report(Exception exception) => _failures.Report(exception, remoteEndPoint: null);
}
