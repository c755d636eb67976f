namespace JsonRpcLite.Http11;

/// <summary>
/// Where one end of the connection stands in the current cycle of request and response. Each end has its own state; the names are h11's.
/// What leads from one to the next is printed in the package's README.
/// </summary>
public enum Http11State
{
    /// <summary>Nothing of this cycle has been sent by this end.</summary>
    Idle,

    /// <summary>Server only: a request has begun, the final response has not. Informational responses may be sent.</summary>
    SendResponse,

    /// <summary>
    /// The head of the message is out; its body, or the end of the message, is next. A message without a body passes through here too.
    /// </summary>
    SendBody,

    /// <summary>The message is complete and the connection may be used again once both ends are done.</summary>
    Done,

    /// <summary>The message is complete and this end has to close: a next cycle is ruled out (RFC 9112 9.6).</summary>
    MustClose,

    /// <summary>This end has closed its sending direction.</summary>
    Closed,

    /// <summary>Client only: the request is complete and proposed another protocol (Upgrade or CONNECT); the answer decides.</summary>
    MightSwitchProtocol,

    /// <summary>The connection speaks another protocol from here on. What is left of the input belongs to it.</summary>
    SwitchedProtocol,

    /// <summary>This end broke the protocol. There is no way out of this state but a new connection.</summary>
    Error,
}
