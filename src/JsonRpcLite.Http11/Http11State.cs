namespace JsonRpcLite.Http11;

/// <summary>The state of one end of a connection in the current cycle of request and response.</summary>
/// <remarks>Each end has its own state; the names are h11's. The package's README lists the transitions.</remarks>
public enum Http11State
{
    /// <summary>This end has sent nothing in this cycle.</summary>
    Idle,

    /// <summary>Server only: a request has begun, but not the final response.</summary>
    /// <remarks>Informational responses may be sent.</remarks>
    SendResponse,

    /// <summary>The head of the message was sent; its body, or the end of the message, is next.</summary>
    /// <remarks>A message without a body also passes through this state.</remarks>
    SendBody,

    /// <summary>The message is complete, and the connection may be reused once both ends are done.</summary>
    Done,

    /// <summary>The message is complete, and this end must close: another cycle is ruled out (RFC 9112 9.6).</summary>
    MustClose,

    /// <summary>This end has closed its sending direction.</summary>
    Closed,

    /// <summary>Client only: the request is complete and has proposed another protocol (Upgrade or CONNECT); the response decides.</summary>
    MightSwitchProtocol,

    /// <summary>The connection speaks another protocol from now on, to which the rest of the input belongs.</summary>
    SwitchedProtocol,

    /// <summary>This end has broken the protocol.</summary>
    /// <remarks>Only a new connection can follow.</remarks>
    Error,
}
