namespace JsonRpcLite;

/// <summary>What a <see cref="ServerTransport"/> is started with.</summary>
public sealed class ServerTransportContext
{
    private readonly FailureReport _failures;

    internal ServerTransportContext(int port, JsonRpcServerOptions options, HttpExchangeHandler handler, FailureReport failures)
    {
        Port = port;
        Options = options;
        Handler = handler;
        _failures = failures;
    }

    /// <summary>The port to listen on, 0 to 65535; 0 asks for any that is free.</summary>
    public int Port { get; }

    /// <summary>The server's options, checked, and a copy: nobody changes them any more.</summary>
    public JsonRpcServerOptions Options { get; }

    /// <summary>Answers each exchange. Its task never fails.</summary>
    public HttpExchangeHandler Handler { get; }

    /// <summary>Reports a failure of the transport itself, one that belongs to no call.</summary>
    public void Report(Exception exception) => _failures.Report(exception, remoteEndPoint: null);
}
