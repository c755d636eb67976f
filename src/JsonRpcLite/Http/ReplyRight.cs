namespace JsonRpcLite;

/// <summary>The right to send the reply of an exchange, and whether its function is cancelled.</summary>
/// <remarks>
/// <para>The flow of a call shares its exchange with other threads. A timer gives up calls that take too long, the shutdown gives up those that outlast the drain, and a transport
/// detects a disconnected peer: each on its own thread, while the handler may still write. Yet exactly one reply is sent, and it belongs to this call. So the right to reply is one
/// 64-bit word, which other threads change only by compare-and-swap of the whole word. It has a generation, which counts the calls that the object has served and the bodies that
/// have arrived; a state; and a bit that says that the function's token is cancelled.</para>
/// <para>The flow that owns the exchange changes the word by <see cref="TryMove(ReplyEvent)"/>. Any other thread first reads the word (<see cref="Look"/>), then the fields that
/// decide (a deadline, the early answer), and then moves exactly that word (<see cref="TryMove(ReplySnapshot, ReplyEvent)"/>). If the exchange has begun another call in between,
/// the generation differs, the move fails, and the values that were read are discarded. No other thread moves a word that is resting, or whose reply is being sent: the flow leaves
/// these states by a plain write.</para>
/// <para><see cref="Next"/> is the table. What must not change alone: only a state that no other thread can leave may return to <see cref="ReplyState.Resting"/>, since a
/// resting exchange is given to the next call. <see cref="ReplyState.Early"/>, <see cref="ReplyState.Aborted"/> and <see cref="ReplyState.Gone"/> never return to it: the handler
/// that was given up may still use the object.</para>
/// <code>
/// from       event              to         what is sent
/// Resting    HeadCame           Open       nothing yet
/// Resting    WasNoRequest       Refused    one refusal, and the end of the connection
/// Open       HandlerEnded       Whole      one send: head with Content-Length, and body
/// Open       Flushed            Streaming  the head, without a length; status and fields are frozen
/// Open       GivenUp            Early      a reply in fresh memory; the handler's further writes are discarded
/// Open       PeerGone           Gone       nothing
/// Open       BodyCame           Open       nothing; the next generation: a thread that saw the call wait for its body can no longer refuse it
/// Open       BeganToJoin        Joining    nothing: a batch joins its answers, and an early answer could no longer read them
/// Joining    Joined             Open       nothing
/// Joining    PeerGone           Gone       nothing
/// Streaming  HandlerEnded       Ended      the rest and the end mark
/// Streaming  Failed, GivenUp    Aborted    no end mark: a failed stream never looks complete
/// Streaming  PeerGone           Gone       nothing
/// Resting, Whole, Ended, Refused
///            Rested             Resting    nothing; the next generation
/// </code>
/// </remarks>
internal struct ReplyRight
{
    private const int StateBits = 8;
    private const long StateMask = (1 << StateBits) - 1;

    /// <summary>The bit next to the state that says that the function's token is cancelled, or is about to be.</summary>
    /// <remarks>The thread that has set the bit cancels the token, once.</remarks>
    internal const long CancelBit = 1 << StateBits;

    /// <summary>The value that is added to the word to begin the next generation.</summary>
    internal const long Generation = CancelBit << 1;

    private long _word;

    /// <summary>The current state, which another thread may change at any time.</summary>
    public ReplyState State => Look().State;

    /// <summary>Whether the handler has lost the right to reply, so that its further writes are discarded.</summary>
    public bool IsLost => State is ReplyState.Early or ReplyState.Aborted or ReplyState.Gone;

    /// <summary>Reads the whole word, for a move that succeeds only if nothing has changed since.</summary>
    public ReplySnapshot Look() => new(Volatile.Read(ref _word));

    /// <summary>For the flow that owns the exchange: moves the word by the table.</summary>
    /// <remarks>Between the flow's read and write of the word, another thread may set the cancel bit without a change of state; the move is then repeated.</remarks>
    /// <returns><c>false</c> where the table has no such move from the current state.</returns>
    public bool TryMove(ReplyEvent happened)
    {
        while (true)
        {
            var seen = Look();
            if (Next(seen.State, happened) is not { } next)
                return false;
            if (IsOfTheFlow(seen.State))
            {
                Volatile.Write(ref _word, WordOf(seen, happened, next));
                return true;
            }
            if (TryMove(seen, happened))
                return true;
        }
    }

    /// <summary>For any thread: moves the word if it has not changed since it was read.</summary>
    public bool TryMove(ReplySnapshot seen, ReplyEvent happened) =>
        Next(seen.State, happened) is { } next && Interlocked.CompareExchange(ref _word, WordOf(seen, happened, next), seen.Word) == seen.Word;

    /// <summary>Whether only the flow leaves this state.</summary>
    private static bool IsOfTheFlow(ReplyState state) => state is ReplyState.Resting or ReplyState.Whole or ReplyState.Ended or ReplyState.Refused;

    private static long WordOf(ReplySnapshot seen, ReplyEvent happened, ReplyState next)
    {
        var word = happened == ReplyEvent.Rested ? seen.Word & ~(StateMask | CancelBit) : seen.Word & ~StateMask;
        if (happened is ReplyEvent.Rested or ReplyEvent.BodyCame)
            word += Generation;
        // Taking the right to reply from the function cancels it with the same swap.
        if (happened is ReplyEvent.GivenUp or ReplyEvent.PeerGone)
            word |= CancelBit;
        return word | (long)next;
    }

    /// <summary>For any thread: requests the right to cancel the function's token, without taking the right to reply.</summary>
    /// <remarks>Returns <c>true</c> to only one thread, and only while the function may run.</remarks>
    public bool TryCancel(ReplySnapshot seen) =>
        !seen.IsCancelled
        && seen.State is ReplyState.Open or ReplyState.Joining or ReplyState.Streaming
        && Interlocked.CompareExchange(ref _word, seen.Word | CancelBit, seen.Word) == seen.Word;

    /// <summary>The table of moves; <c>null</c> where there is no such move.</summary>
    internal static ReplyState? Next(ReplyState from, ReplyEvent happened) => (from, happened) switch
    {
        (ReplyState.Resting, ReplyEvent.HeadCame) => ReplyState.Open,
        (ReplyState.Resting, ReplyEvent.WasNoRequest) => ReplyState.Refused,
        (ReplyState.Open, ReplyEvent.HandlerEnded) => ReplyState.Whole,
        (ReplyState.Open, ReplyEvent.Flushed) => ReplyState.Streaming,
        (ReplyState.Open, ReplyEvent.GivenUp) => ReplyState.Early,
        (ReplyState.Open, ReplyEvent.PeerGone) => ReplyState.Gone,
        (ReplyState.Open, ReplyEvent.BodyCame) => ReplyState.Open,
        (ReplyState.Open, ReplyEvent.BeganToJoin) => ReplyState.Joining,
        (ReplyState.Joining, ReplyEvent.Joined) => ReplyState.Open,
        (ReplyState.Joining, ReplyEvent.PeerGone) => ReplyState.Gone,
        (ReplyState.Streaming, ReplyEvent.HandlerEnded) => ReplyState.Ended,
        (ReplyState.Streaming, ReplyEvent.Failed or ReplyEvent.GivenUp) => ReplyState.Aborted,
        (ReplyState.Streaming, ReplyEvent.PeerGone) => ReplyState.Gone,
        (ReplyState.Resting or ReplyState.Whole or ReplyState.Ended or ReplyState.Refused, ReplyEvent.Rested) => ReplyState.Resting,
        _ => null,
    };

    /// <summary>The word as one thread has read it.</summary>
    internal readonly record struct ReplySnapshot(long Word)
    {
        public ReplyState State => (ReplyState)(Word & StateMask);

        public bool IsCancelled => (Word & CancelBit) != 0;
    }
}

/// <summary>The states of a reply; see <see cref="ReplyRight"/> for the table.</summary>
internal enum ReplyState : byte
{
    Resting,
    Open,
    Joining,
    Whole,
    Early,
    Streaming,
    Ended,
    Aborted,
    Gone,
    Refused,
}

/// <summary>The events of a reply; see <see cref="ReplyRight"/> for the table.</summary>
internal enum ReplyEvent : byte
{
    HeadCame,
    WasNoRequest,
    HandlerEnded,
    Flushed,

    /// <summary>A body arrived that had to be waited for.</summary>
    BodyCame,

    /// <summary>The call is late, its body arrives too slowly, or the server shuts down.</summary>
    GivenUp,

    /// <summary>A stream's handler threw, or the peer does not read the reply.</summary>
    Failed,
    PeerGone,
    BeganToJoin,
    Joined,
    Rested,
}
