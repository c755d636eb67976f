namespace JsonRpcLite;

/// <summary>Who may send the reply of an exchange, and whether its function is cancelled: one word, changed by compare-and-swap alone.</summary>
/// <remarks>
/// <para>The flow of a call is not alone with its exchange. A timer gives up calls that take too long, the stop gives up those that outlast the drain, and a transport finds out
/// that the peer is gone: each on a thread of its own, while the handler may still write. Yet exactly one reply leaves, and it belongs to this call. So the right to reply is one
/// 64-bit word: a generation, which counts the calls that the object has served and the bodies that came, a state, and a bit that says that the function's token is cancelled.
/// Every move is one compare-and-swap of the whole word.</para>
/// <para>The flow that owns the exchange moves it by <see cref="TryMove(ReplyEvent)"/>. Everybody else reads the word first (<see cref="Look"/>), then the fields that decide (a
/// deadline, the early answer), and then moves that very word (<see cref="TryMove(ReplySnapshot, ReplyEvent)"/>). If the exchange has begun another call in between, the generation
/// is another one, the move fails, and nothing that was read counts. No other thread moves a word that rests, or whose reply is on its way: these the flow leaves by a plain
/// write.</para>
/// <para>The table is <see cref="Next"/>. What must not change alone: only a state that no other thread can leave may go back to <see cref="ReplyState.Resting"/>, since a
/// resting exchange is given to the next call. <see cref="ReplyState.Early"/>, <see cref="ReplyState.Aborted"/> and <see cref="ReplyState.Gone"/> never rest: the handler that was
/// given up may still use the object.</para>
/// <code>
/// from       event              to         what leaves
/// Resting    HeadCame           Open       nothing yet
/// Resting    WasNoRequest       Refused    one refusal, and the end of the connection
/// Open       HandlerEnded       Whole      one send: head with Content-Length, and body
/// Open       Flushed            Streaming  the head, without a length; status and fields are frozen
/// Open       GivenUp            Early      a reply made of fresh memory; what the handler still writes goes nowhere
/// Open       PeerGone           Gone       nothing
/// Open       BodyCame           Open       nothing; the next generation: who saw the call wait for its body may not refuse it for that
/// Open       BeganToJoin        Joining    nothing: a batch joins its answers, and an early answer could not read them any more
/// Joining    Joined             Open       nothing
/// Joining    PeerGone           Gone       nothing
/// Streaming  HandlerEnded       Ended      the rest and the end mark
/// Streaming  Failed, GivenUp    Aborted    no end mark: a stream that failed never looks whole
/// Streaming  PeerGone           Gone       nothing
/// Resting, Whole, Ended, Refused
///            Rested             Resting    nothing; the next generation
/// </code>
/// </remarks>
internal struct ReplyRight
{
    private const int StateBits = 8;
    private const long StateMask = (1 << StateBits) - 1;

    /// <summary>Beside the state: the function's token is cancelled, or is about to be. Whoever has set it cancels, once.</summary>
    internal const long CancelBit = 1 << StateBits;

    /// <summary>Added to the word, begins the next generation.</summary>
    internal const long Generation = CancelBit << 1;

    private long _word;

    /// <summary>The state now, which another thread may change at once.</summary>
    public ReplyState State => Look().State;

    /// <summary>Whether the reply is somebody else's, or nobody's: what the handler writes goes nowhere.</summary>
    public bool IsLost => State is ReplyState.Early or ReplyState.Aborted or ReplyState.Gone;

    /// <summary>The whole word, for a move that counts only if nothing has changed since.</summary>
    public ReplySnapshot Look() => new(Volatile.Read(ref _word));

    /// <summary>For the flow that owns the exchange: another thread may set the cancel bit in between, and nothing else of the same state.</summary>
    /// <returns>False where the table has no such move from the state that the word is in.</returns>
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

    /// <summary>For any thread: moves the word that was seen, or nothing.</summary>
    public bool TryMove(ReplySnapshot seen, ReplyEvent happened) =>
        Next(seen.State, happened) is { } next && Interlocked.CompareExchange(ref _word, WordOf(seen, happened, next), seen.Word) == seen.Word;

    /// <summary>Whether no event of another thread moves this state.</summary>
    private static bool IsOfTheFlow(ReplyState state) => state is ReplyState.Resting or ReplyState.Whole or ReplyState.Ended or ReplyState.Refused;

    private static long WordOf(ReplySnapshot seen, ReplyEvent happened, ReplyState next)
    {
        var word = happened == ReplyEvent.Rested ? seen.Word & ~(StateMask | CancelBit) : seen.Word & ~StateMask;
        if (happened is ReplyEvent.Rested or ReplyEvent.BodyCame)
            word += Generation;
        // The function of a reply that was taken from it is cancelled with the same swap.
        if (happened is ReplyEvent.GivenUp or ReplyEvent.PeerGone)
            word |= CancelBit;
        return word | (long)next;
    }

    /// <summary>
    /// For any thread: asks for the right to cancel the function's token, without taking the reply. True for one thread alone, and only while the function may run.
    /// </summary>
    public bool TryCancel(ReplySnapshot seen) =>
        !seen.IsCancelled
        && seen.State is ReplyState.Open or ReplyState.Joining or ReplyState.Streaming
        && Interlocked.CompareExchange(ref _word, seen.Word | CancelBit, seen.Word) == seen.Word;

    /// <summary>The table.</summary>
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

    /// <summary>The word as one thread has seen it.</summary>
    internal readonly record struct ReplySnapshot(long Word)
    {
        public ReplyState State => (ReplyState)(Word & StateMask);

        public bool IsCancelled => (Word & CancelBit) != 0;
    }
}

/// <summary>What has become of the reply; see <see cref="ReplyRight"/> for the table.</summary>
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

/// <summary>What happens to a reply; see <see cref="ReplyRight"/> for the table.</summary>
internal enum ReplyEvent : byte
{
    HeadCame,
    WasNoRequest,
    HandlerEnded,
    Flushed,

    /// <summary>A body that had to be waited for.</summary>
    BodyCame,

    /// <summary>The call is late, its body comes too slowly, or the server stops.</summary>
    GivenUp,

    /// <summary>A stream's handler threw, or the peer does not take what it is sent.</summary>
    Failed,
    PeerGone,
    BeganToJoin,
    Joined,
    Rested,
}
