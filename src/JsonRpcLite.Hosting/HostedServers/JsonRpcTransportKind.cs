namespace JsonRpcLite;

/// <summary>The transports that configuration can choose.</summary>
public enum JsonRpcTransportKind
{
    /// <summary><see cref="SocketTransport"/>: for calls from other machines, with Unix domain sockets.</summary>
    /// <remarks>It limits every resource that a peer can hold.</remarks>
    Sockets,

    /// <summary><see cref="HttpListenerTransport"/>: for calls from this machine or from behind a proxy.</summary>
    HttpListener,
}
