namespace JsonRpcLite;

/// <summary>
/// What a connection is doing. Its own flow moves it on; the clock and the stop may only take it from where they found it to an end, by compare-and-swap, so that a request
/// that came in that very moment is either served or was never begun.
/// </summary>
internal enum ConnectionPhase
{
    /// <summary>Waits for the first byte of a request, and holds no buffer but to look whether it has come. The clock or the stop may close it.</summary>
    Idle,

    /// <summary>Reads a head, or shakes hands. The clock may take it over and answer 408; the stop may close it.</summary>
    Head,

    /// <summary>The handler has the exchange. An early reply may take it over; the clock looks whether the peer is still there.</summary>
    Handling,

    /// <summary>A reply is being sent. The clock closes it when the peer does not take it.</summary>
    Sending,

    /// <summary>The last reply was sent: what still comes is thrown away until the peer closes too, or its time is over.</summary>
    Lingering,

    /// <summary>Nothing more is sent; whoever still waits for this connection finds that out.</summary>
    Ended,
}
