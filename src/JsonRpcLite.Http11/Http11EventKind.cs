namespace JsonRpcLite.Http11;

/// <summary>The kinds of events that reading returns.</summary>
public enum Http11EventKind
{
    /// <summary>No event is complete.</summary>
    /// <remarks>Read again with more bytes, behind those that were not consumed.</remarks>
    NeedData,

    /// <summary>The peer's message is complete, and either further bytes have arrived or a switch of protocols is proposed.</summary>
    /// <remarks>Nothing is read until the next cycle starts or the proposal is answered; the unread bytes remain where they are.</remarks>
    Paused,

    /// <summary>The head of a request.</summary>
    Request,

    /// <summary>The head of an informational (1xx) response.</summary>
    /// <remarks>The final response follows, unless the status is 101.</remarks>
    InformationalResponse,

    /// <summary>The head of a final response.</summary>
    Response,

    /// <summary>A part of the body, as much as has arrived.</summary>
    Data,

    /// <summary>The message is complete, and its trailer fields are available.</summary>
    EndOfMessage,

    /// <summary>The peer has closed its sending direction, at a point where it may.</summary>
    ConnectionClosed,
}
