namespace JsonRpcLite;

/// <summary>What a connection of a <see cref="SocketTransport"/> is doing, and until when it may: one word, changed by compare-and-swap alone.</summary>
/// <remarks>
/// <para>The flow of a connection (<see cref="ServerConnection"/>) is not alone with it. The clock ends what takes too long and finds resets, the watch of calls has early replies
/// sent while the handler still runs, and the shutdown closes what is idle: each on a thread of its own. They may send or close only after they have moved the connection out of
/// the phase that they found, and from then on the flow sends nothing: whatever it does next has no row in the table. Only the flow reads.</para>
/// <para>The word holds the phase and its deadline, so that both change at once. The flow, the senders and the shutdown move it by
/// <see cref="TryMove(ConnectionEvent, out ConnectionWork)"/>. The clock judges what it has seen (<see cref="Look"/>) and then moves that very word. If the flow of the connection
/// has gone on in between, the word is another one and the move fails; or phase and deadline are the same again, and then the judgement is right for the new word too.</para>
/// <para>The table is <see cref="Next"/>. What must not change alone: exactly one thread moves a connection to <see cref="ConnectionPhase.Closed"/> or
/// <see cref="ConnectionPhase.Gone"/>, and nothing leaves these two, so that this thread alone closes it. In <see cref="ConnectionPhase.Gone"/> the clock cancels the call of the
/// exchange after the move: the flow must never let another call have that exchange. The phase of an early reply is not the flow's <see cref="ConnectionPhase.Sending"/>: the flow,
/// when its handler ends late, must not take the end of its own reply for the end of that one.</para>
/// <code>
/// from          event               to            may last    what is done
/// Opening       FirstByte           Head          as before   the flow reads the head
/// Opening       TurnedAway          Refusing      as before   the flow sends 503
/// Idle          FirstByte           Head          head time   the flow reads the head
/// Head          HeadCame            Handling      for ever    the flow has the request served
/// Head          FramingBroken       Handling      for ever    the flow sends 400, or as the engine says
/// Head          DeadlinePassed      Refusing      piece time  408, on a thread of the pool
/// Head          PeerClosed          Closed                    closed
/// Refusing      RefusalBegins       SendingEarly  piece time  its maker sends it
/// Handling      ReplyBegins         Sending       piece time  the flow sends it
/// Handling      EarlyReplyBegins    SendingEarly  piece time  its maker sends it
/// Handling      PeerReset           Gone                      the call is cancelled, and the connection closed
/// Handling      PartBegins          SendingPart   piece time  the flow sends the head and the first piece of a stream
/// Streaming     PartBegins          SendingPart   piece time  the flow sends the next piece
/// SendingPart   PieceSent           SendingPart   piece time  a large piece goes in several
/// SendingPart   PartSent            Streaming     unlimited   the handler makes the next piece
/// SendingPart   DeadlinePassed      Gone                      the call is cancelled, and the connection closed with a reset
/// Streaming     PeerReset           Gone                      the call is cancelled, and the connection closed
/// Streaming     ReplyBegins         Sending       piece time  the flow sends the last piece and the end
/// Handling, Streaming, SendingPart
///               StreamBroken        Closed                    closed with a reset: what came must not look whole
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

    /// <summary>The largest deadline that fits beside the phase, in the clock's milliseconds: it never passes.</summary>
    internal const long NoDeadline = long.MaxValue >> PhaseBits;

    private long _word = Word(ConnectionPhase.Opening, clock.After(ConnectionTime.Head));

    /// <summary>The phase now, which another thread may change at once.</summary>
    public ConnectionPhase Phase => Look().Phase;

    /// <summary>Whether it is closed, or about to be by the thread that has moved it.</summary>
    public bool IsClosed => Phase is ConnectionPhase.Gone or ConnectionPhase.Closed;

    /// <summary>The whole word, for a move that counts only if nothing has changed since.</summary>
    public ConnectionSnapshot Look() => new(Volatile.Read(ref _word));

    /// <summary>Moves from whatever phase it is in, if the table has a row for that.</summary>
    /// <param name="happened">What has happened.</param>
    /// <param name="work">What the caller has to do now: it alone.</param>
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

    /// <summary>Moves the word that was seen, or nothing.</summary>
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

    /// <summary>The table.</summary>
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

    /// <summary>The word as one thread has seen it.</summary>
    internal readonly record struct ConnectionSnapshot(long Word)
    {
        public ConnectionPhase Phase => (ConnectionPhase)(Word & PhaseMask);

        /// <summary>In the clock's milliseconds.</summary>
        public long Deadline => Word >> PhaseBits;
    }

    /// <summary>A row of the table: where it leads, how long that may last, and what the thread that has moved the word has to do besides.</summary>
    internal readonly record struct ConnectionStep(ConnectionPhase To, ConnectionTime Time, ConnectionWork Work = ConnectionWork.None);
}

/// <summary>What a connection is doing; see <see cref="ConnectionState"/> for the table.</summary>
internal enum ConnectionPhase : byte
{
    /// <summary>Was just accepted: shakes hands, or waits for the first byte of its first request.</summary>
    Opening,

    /// <summary>Waits for the first byte of another request, and holds no buffer but to look whether it has come.</summary>
    Idle,

    /// <summary>Reads a head, of which something has come.</summary>
    Head,

    /// <summary>A refusal is being made of what has not become a request.</summary>
    Refusing,

    /// <summary>The handler has the exchange, or the flow refuses a head that is malformed.</summary>
    Handling,

    /// <summary>The flow sends a reply.</summary>
    Sending,

    /// <summary>The handler has the exchange, and a part of its reply has left.</summary>
    Streaming,

    /// <summary>The flow sends a piece of a stream, and the handler waits for that.</summary>
    SendingPart,

    /// <summary>A last reply is being sent that is not the flow's: an early reply or a refusal.</summary>
    SendingEarly,

    /// <summary>The last reply was sent: what still comes is thrown away until the peer closes too.</summary>
    Lingering,

    /// <summary>The peer has reset the connection while the handler had the exchange, or does not take what a stream sends it.</summary>
    Gone,

    /// <summary>Nothing is sent or read any more; whoever still waits for the connection finds that out.</summary>
    Closed,
}

/// <summary>What happens to a connection; see <see cref="ConnectionState"/> for the table.</summary>
internal enum ConnectionEvent : byte
{
    /// <summary>The first bytes of a request are here, or the peer's end is.</summary>
    FirstByte,

    /// <summary>There are too many connections.</summary>
    TurnedAway,
    HeadCame,
    FramingBroken,

    /// <summary>What has come is the end of the peer's side, and not a request.</summary>
    PeerClosed,
    ReplyBegins,
    EarlyReplyBegins,
    RefusalBegins,
    PieceSent,

    /// <summary>The handler has flushed.</summary>
    PartBegins,
    PartSent,

    /// <summary>A stream has failed, or was given up.</summary>
    StreamBroken,

    /// <summary>The reply was sent, and the next request has not begun to come.</summary>
    ReplySent,

    /// <summary>The reply was sent, and bytes of the next request are here.</summary>
    ReplySentInputHere,
    LastReplySent,

    /// <summary>An early reply or a refusal was sent.</summary>
    EarlyReplySent,

    /// <summary>The peer has reset the connection; or, of a stream, has closed its side.</summary>
    PeerReset,
    DeadlinePassed,
    ShutdownBegan,

    /// <summary>The flow has ended, or the time of the shutdown has.</summary>
    Ended,
}

/// <summary>How long a phase may last.</summary>
internal enum ConnectionTime : byte
{
    Unlimited,

    /// <summary>The deadline stays what it was.</summary>
    AsBefore,
    Head,
    Idle,

    /// <summary>For sending one piece of a reply.</summary>
    Piece,
    Linger,
}

/// <summary>What the thread that has moved a connection has to do, beside what it was about to do.</summary>
internal enum ConnectionWork : byte
{
    None,

    /// <summary>Answer 408.</summary>
    RefuseHead,
    Close,

    /// <summary>Close with a reset: what the peer has not taken is not kept for it.</summary>
    Abort,

    /// <summary>Cancel the call, then close.</summary>
    CancelAndClose,

    /// <summary>Cancel the call, then close with a reset.</summary>
    CancelAndAbort,
}
