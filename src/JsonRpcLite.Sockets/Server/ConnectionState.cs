namespace JsonRpcLite;

/// <summary>The phase of a connection of a <see cref="SocketTransport"/> and its deadline, in one word.</summary>
/// <remarks>
/// <para>Several threads act on a connection besides its flow (<see cref="ServerConnection"/>). The clock ends phases that take too long and detects resets; the watch of calls
/// has early replies sent while the handler still runs; the shutdown closes idle connections. Each of them may send or close only after it has moved the connection out of the
/// phase that it found. From then on the flow sends nothing, because none of its events has a row in the table. Only the flow reads.</para>
/// <para>The word holds the phase and its deadline, so that both change at once, and it changes only by compare-and-swap. The flow, the senders and the shutdown move it by
/// <see cref="TryMove(ConnectionEvent, out ConnectionWork)"/>. The clock judges the word that it has read (<see cref="Look"/>), and then moves exactly that word. If the flow has
/// moved the connection in between, the word is different and the move of the clock fails; or phase and deadline are the same again, and then the judgement holds for the new
/// word, too.</para>
/// <para>The table is <see cref="Next"/>. Three things must not change alone. Exactly one thread moves a connection to <see cref="ConnectionPhase.Closed"/> or
/// <see cref="ConnectionPhase.Gone"/>, and both are final, so that this thread alone closes it. In <see cref="ConnectionPhase.Gone"/>, the clock cancels the call of the exchange
/// after the move, so the flow must never let another call have that exchange. The phase of an early reply differs from the flow's <see cref="ConnectionPhase.Sending"/>, so that
/// the flow, whose handler ends late, does not take the end of the early reply for the end of its own.</para>
/// <code>
/// from          event               to            time        work
/// Opening       FirstByte           Head          as before   the flow reads the head
/// Opening       TurnedAway          Refusing      as before   the flow sends 503
/// Idle          FirstByte           Head          head time   the flow reads the head
/// Head          HeadCame            Handling      unlimited   the flow serves the request
/// Head          FramingBroken       Handling      unlimited   the flow sends 400, or the engine's status
/// Head          DeadlinePassed      Refusing      piece time  a thread of the pool sends 408
/// Head          PeerClosed          Closed                    closed
/// Refusing      RefusalBegins       SendingEarly  piece time  the refusing thread sends it
/// Handling      ReplyBegins         Sending       piece time  the flow sends it
/// Handling      EarlyReplyBegins    SendingEarly  piece time  the early reply's thread sends it
/// Handling      PeerReset           Gone                      the call is cancelled, and the connection closed
/// Handling      PartBegins          SendingPart   piece time  the flow sends the head and the first piece of a stream
/// Streaming     PartBegins          SendingPart   piece time  the flow sends the next piece
/// SendingPart   PieceSent           SendingPart   piece time  the next slice of a large piece is sent
/// SendingPart   PartSent            Streaming     unlimited   the handler makes the next piece
/// SendingPart   DeadlinePassed      Gone                      the call is cancelled, and the connection closed with a reset
/// Streaming     PeerReset           Gone                      the call is cancelled, and the connection closed
/// Streaming     ReplyBegins         Sending       piece time  the flow sends the last piece and the end
/// Handling, Streaming, SendingPart
///               StreamBroken        Closed                    closed with a reset: the reply must not look complete
/// Sending       PieceSent           Sending       piece time  the next piece is sent
/// Sending       ReplySent           Idle          idle time   the flow waits
/// Sending       ReplySentInputHere  Head          head time   the flow reads the next head
/// Sending       LastReplySent       Lingering     5 s         the sending side is shut down
/// SendingEarly  PieceSent           SendingEarly  piece time  the next piece is sent
/// SendingEarly  EarlyReplySent      Lingering     5 s         the sending side is shut down
/// Opening, Idle, Refusing, Lingering
///               DeadlinePassed      Closed                    closed
/// Sending, SendingEarly
///               DeadlinePassed      Closed                    closed with a reset
/// Opening, Idle, Head, Refusing
///               ShutdownBegan       Closed                    closed
/// all but Gone and Closed
///               Ended               Closed                    closed
/// </code>
/// </remarks>
internal sealed class ConnectionState(ConnectionClock clock)
{
    private const int PhaseBits = 4;
    private const long PhaseMask = (1 << PhaseBits) - 1;

    /// <summary>The largest deadline that fits beside the phase, in the clock's milliseconds, which never passes.</summary>
    internal const long NoDeadline = long.MaxValue >> PhaseBits;

    private long _word = Word(ConnectionPhase.Opening, clock.After(ConnectionTime.Head));

    /// <summary>The current phase, which another thread may change at any moment.</summary>
    public ConnectionPhase Phase => Look().Phase;

    /// <summary>Whether the connection is closed, or about to be closed by the thread that has moved it.</summary>
    public bool IsClosed => Phase is ConnectionPhase.Gone or ConnectionPhase.Closed;

    /// <summary>Reads the whole word, for a move that succeeds only if nothing has changed since.</summary>
    public ConnectionSnapshot Look() => new(Volatile.Read(ref _word));

    /// <summary>Moves the connection from its current phase, if the table has a row for the event.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="work">The work that the caller, and only the caller, must now do.</param>
    public bool TryMove(ConnectionEvent happened, out ConnectionWork work)
    {
        while (true)
        {
            var seen = Look();
            if (Next(seen.Phase, happened) is null)
            {
                work = ConnectionWork.None;
                return false;
            }
            if (TryMove(seen, happened, out work))
                return true;
        }
    }

    /// <summary>Moves the connection only if its word is still the one that was read.</summary>
    /// <inheritdoc cref="TryMove(ConnectionEvent, out ConnectionWork)"/>
    public bool TryMove(ConnectionSnapshot seen, ConnectionEvent happened, out ConnectionWork work)
    {
        work = ConnectionWork.None;
        if (Next(seen.Phase, happened) is not { } step)
            return false;
        var word = Word(step.To, step.Time == ConnectionTime.AsBefore ? seen.Deadline : clock.After(step.Time));
        if (Interlocked.CompareExchange(ref _word, word, seen.Word) != seen.Word)
            return false;
        work = step.Work;
        return true;
    }

    /// <summary>The transition table; <c>null</c> if it has no row.</summary>
    internal static ConnectionStep? Next(ConnectionPhase from, ConnectionEvent happened) => (from, happened) switch
    {
        (ConnectionPhase.Opening, ConnectionEvent.FirstByte) => new(ConnectionPhase.Head, ConnectionTime.AsBefore),
        (ConnectionPhase.Opening, ConnectionEvent.TurnedAway) => new(ConnectionPhase.Refusing, ConnectionTime.AsBefore),
        (ConnectionPhase.Idle, ConnectionEvent.FirstByte) => new(ConnectionPhase.Head, ConnectionTime.Head),
        (ConnectionPhase.Head, ConnectionEvent.HeadCame or ConnectionEvent.FramingBroken) => new(ConnectionPhase.Handling, ConnectionTime.Unlimited),
        (ConnectionPhase.Head, ConnectionEvent.DeadlinePassed) => new(ConnectionPhase.Refusing, ConnectionTime.Piece, ConnectionWork.RefuseHead),
        (ConnectionPhase.Head, ConnectionEvent.PeerClosed) => Closed(ConnectionWork.Close),
        (ConnectionPhase.Refusing, ConnectionEvent.RefusalBegins) => new(ConnectionPhase.SendingEarly, ConnectionTime.Piece),
        (ConnectionPhase.Handling, ConnectionEvent.ReplyBegins) => new(ConnectionPhase.Sending, ConnectionTime.Piece),
        (ConnectionPhase.Handling, ConnectionEvent.EarlyReplyBegins) => new(ConnectionPhase.SendingEarly, ConnectionTime.Piece),
        (ConnectionPhase.Handling, ConnectionEvent.PeerReset) => new(ConnectionPhase.Gone, ConnectionTime.Unlimited, ConnectionWork.CancelAndClose),
        (ConnectionPhase.Handling or ConnectionPhase.Streaming, ConnectionEvent.PartBegins) => new(ConnectionPhase.SendingPart, ConnectionTime.Piece),
        (ConnectionPhase.SendingPart, ConnectionEvent.PartSent) => new(ConnectionPhase.Streaming, ConnectionTime.Unlimited),
        (ConnectionPhase.SendingPart, ConnectionEvent.DeadlinePassed) => new(ConnectionPhase.Gone, ConnectionTime.Unlimited, ConnectionWork.CancelAndAbort),
        (ConnectionPhase.Streaming, ConnectionEvent.PeerReset) => new(ConnectionPhase.Gone, ConnectionTime.Unlimited, ConnectionWork.CancelAndClose),
        (ConnectionPhase.Streaming, ConnectionEvent.ReplyBegins) => new(ConnectionPhase.Sending, ConnectionTime.Piece),
        (ConnectionPhase.Handling or ConnectionPhase.Streaming or ConnectionPhase.SendingPart, ConnectionEvent.StreamBroken) => Closed(ConnectionWork.Abort),
        (ConnectionPhase.Sending or ConnectionPhase.SendingEarly or ConnectionPhase.SendingPart, ConnectionEvent.PieceSent) => new(from, ConnectionTime.Piece),
        (ConnectionPhase.Sending, ConnectionEvent.ReplySent) => new(ConnectionPhase.Idle, ConnectionTime.Idle),
        (ConnectionPhase.Sending, ConnectionEvent.ReplySentInputHere) => new(ConnectionPhase.Head, ConnectionTime.Head),
        (ConnectionPhase.Sending, ConnectionEvent.LastReplySent) => new(ConnectionPhase.Lingering, ConnectionTime.Linger),
        (ConnectionPhase.SendingEarly, ConnectionEvent.EarlyReplySent) => new(ConnectionPhase.Lingering, ConnectionTime.Linger),
        (ConnectionPhase.Opening or ConnectionPhase.Idle or ConnectionPhase.Refusing or ConnectionPhase.Lingering, ConnectionEvent.DeadlinePassed) => Closed(ConnectionWork.Close),
        (ConnectionPhase.Sending or ConnectionPhase.SendingEarly, ConnectionEvent.DeadlinePassed) => Closed(ConnectionWork.Abort),
        (ConnectionPhase.Opening or ConnectionPhase.Idle or ConnectionPhase.Head or ConnectionPhase.Refusing, ConnectionEvent.ShutdownBegan) => Closed(ConnectionWork.Close),
        (not (ConnectionPhase.Gone or ConnectionPhase.Closed), ConnectionEvent.Ended) => Closed(ConnectionWork.Close),
        _ => null,
    };

    private static ConnectionStep Closed(ConnectionWork work) => new(ConnectionPhase.Closed, ConnectionTime.Unlimited, work);

    private static long Word(ConnectionPhase phase, long deadline) => deadline << PhaseBits | (long)phase;

    /// <summary>The word as one thread has read it.</summary>
    internal readonly record struct ConnectionSnapshot(long Word)
    {
        public ConnectionPhase Phase => (ConnectionPhase)(Word & PhaseMask);

        /// <summary>The deadline, in the clock's milliseconds.</summary>
        public long Deadline => Word >> PhaseBits;
    }

    /// <summary>A row of the table: the next phase, its time, and the work of the thread that has moved the word.</summary>
    internal readonly record struct ConnectionStep(ConnectionPhase To, ConnectionTime Time, ConnectionWork Work = ConnectionWork.None);
}

/// <summary>The phases of a connection; see <see cref="ConnectionState"/> for the table.</summary>
internal enum ConnectionPhase : byte
{
    /// <summary>The connection was just accepted.</summary>
    /// <remarks>It performs the TLS handshake, or waits for the first byte of its first request.</remarks>
    Opening,

    /// <summary>The connection waits for the first byte of its next request, and holds no buffer.</summary>
    Idle,

    /// <summary>The connection reads a head, of which at least one byte has arrived.</summary>
    Head,

    /// <summary>The server prepares a refusal for a connection that has not sent a complete request.</summary>
    Refusing,

    /// <summary>The handler has the exchange, or the flow rejects a malformed head.</summary>
    Handling,

    /// <summary>The flow sends the reply.</summary>
    Sending,

    /// <summary>The handler has the exchange, and a part of its reply was sent.</summary>
    Streaming,

    /// <summary>The flow sends a piece of a stream, and the handler waits for it.</summary>
    SendingPart,

    /// <summary>Another thread than the flow sends a last reply: an early reply or a refusal.</summary>
    SendingEarly,

    /// <summary>The last reply was sent.</summary>
    /// <remarks>Further input is discarded until the peer closes, too.</remarks>
    Lingering,

    /// <summary>The peer has reset the connection while the handler had the exchange, or does not receive what a stream sends.</summary>
    Gone,

    /// <summary>The connection is closed.</summary>
    /// <remarks>Pending operations on it fail.</remarks>
    Closed,
}

/// <summary>The events of a connection; see <see cref="ConnectionState"/> for the table.</summary>
internal enum ConnectionEvent : byte
{
    /// <summary>The first bytes of a request, or the peer's end, have arrived.</summary>
    FirstByte,

    /// <summary>There are too many connections.</summary>
    TurnedAway,
    HeadCame,
    FramingBroken,

    /// <summary>The peer has closed its side instead of sending a request.</summary>
    PeerClosed,
    ReplyBegins,
    EarlyReplyBegins,
    RefusalBegins,
    PieceSent,

    /// <summary>The handler has flushed.</summary>
    PartBegins,
    PartSent,

    /// <summary>A stream has failed or was abandoned.</summary>
    StreamBroken,

    /// <summary>The reply was sent, and no byte of the next request has arrived.</summary>
    ReplySent,

    /// <summary>The reply was sent, and bytes of the next request have arrived.</summary>
    ReplySentInputHere,
    LastReplySent,

    /// <summary>An early reply or a refusal was sent.</summary>
    EarlyReplySent,

    /// <summary>The peer has reset the connection or, during a stream, closed its side.</summary>
    PeerReset,
    DeadlinePassed,
    ShutdownBegan,

    /// <summary>The flow has ended, or the time-out of the shutdown has expired.</summary>
    Ended,
}

/// <summary>The time that a phase may last.</summary>
internal enum ConnectionTime : byte
{
    Unlimited,

    /// <summary>The deadline does not change.</summary>
    AsBefore,
    Head,
    Idle,

    /// <summary>The time for sending one piece of a reply.</summary>
    Piece,
    Linger,
}

/// <summary>The additional work of the thread that has moved a connection.</summary>
internal enum ConnectionWork : byte
{
    None,

    /// <summary>Reply with 408.</summary>
    RefuseHead,
    Close,

    /// <summary>Close with a reset, which discards what the peer has not received.</summary>
    Abort,

    /// <summary>Cancel the call, then close.</summary>
    CancelAndClose,

    /// <summary>Cancel the call, then close with a reset.</summary>
    CancelAndAbort,
}
