namespace JsonRpcLite.Http11;

/// <summary>What a call that reads has found.</summary>
public enum Http11EventKind
{
    /// <summary>Nothing complete yet. Bring more bytes, behind those that were not consumed.</summary>
    NeedData,

    /// <summary>
    /// The peer's message is complete and bytes of what follows have come, or another protocol is on offer. Nothing is read until the next
    /// cycle starts or the offer is answered; the unread bytes stay where they are.
    /// </summary>
    Paused,

    /// <summary>The head of a request.</summary>
    Request,

    /// <summary>The head of an informational (1xx) response. The final response is still to come, unless the status is 101.</summary>
    InformationalResponse,

    /// <summary>The head of a final response.</summary>
    Response,

    /// <summary>A part of the body, as much as has come.</summary>
    Data,

    /// <summary>The message is complete. Trailer fields, if any, are at hand.</summary>
    EndOfMessage,

    /// <summary>The peer has closed its sending direction, at a moment when it may.</summary>
    ConnectionClosed,
}
