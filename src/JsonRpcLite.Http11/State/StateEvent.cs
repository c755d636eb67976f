namespace JsonRpcLite.Http11;

/// <summary>The events of the state machine: those of both ends, and the two forms in which a server accepts another protocol.</summary>
internal enum StateEvent
{
    Request,

    /// <summary>The client's request, as seen by the server.</summary>
    RequestSeen,
    InformationalResponse,

    /// <summary>A 101 response.</summary>
    UpgradeAccepted,
    Response,

    /// <summary>A 2xx response to CONNECT.</summary>
    ConnectAccepted,
    Data,
    EndOfMessage,
    ConnectionClosed,
}
