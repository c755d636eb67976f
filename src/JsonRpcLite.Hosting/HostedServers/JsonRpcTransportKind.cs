namespace JsonRpcLite;

/// <summary>The transports that configuration can choose.</summary>
public enum JsonRpcTransportKind
{
    /// <summary><see cref="SocketTransport"/>: made to be reached from other machines, with limits on all that a peer can hold, and with Unix domain sockets.</summary>
    Sockets,

    /// <summary><see cref="HttpListenerTransport"/>: for calls from this machine or from behind a proxy.</summary>
    HttpListener,
}
