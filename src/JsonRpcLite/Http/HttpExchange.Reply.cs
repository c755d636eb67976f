using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <content>Who may send the reply, in pieces or whole, and how the function is cancelled.</content>
public partial class HttpExchange
{
    private int _isFlushing;
    private ReplyRight _right;
    private CancellationTokenSource? _cancellation;
    private volatile IEarlyAnswer? _earlyAnswer;

    /// <summary>Who may send the reply.</summary>
    internal ref ReplyRight Right => ref _right;

    /// <summary>Ends what the function does, of an exchange that a server has opened. Belongs to one call: once cancelled, the next call gets another.</summary>
    internal CancellationToken Cancellation => _cancellation!.Token;

    /// <summary>Whether the reply was taken from the handler: too late for what it writes. The exchange is never used again.</summary>
    internal bool IsLost => _right.IsLost;

    /// <summary>Takes the function's result, whether the reply can still take it or not; <c>null</c> where nobody keeps it. For the call that runs now.</summary>
    internal BodyBuffer? KeptResult { get; set; }

    /// <summary>
    /// Sends what a handler flushes; <c>null</c> where no server serves the exchange. The last argument says whether the call's deadlines go on as if nothing had been sent.
    /// </summary>
    internal Func<HttpExchange, bool, ValueTask>? Flusher { get; set; }

    /// <summary>Whether what is written can be sent before the handler ends.</summary>
    internal bool MayStream => Flusher is not null && CanStream && _right.State is ReplyState.Open or ReplyState.Streaming;

    /// <summary>Makes the reply when the call takes too long; <c>null</c> leaves it to the server. Set by the handler, read by the watch.</summary>
    internal IEarlyAnswer? EarlyAnswer
    {
        get => _earlyAnswer;
        set => _earlyAnswer = value;
    }

    /// <summary>
    /// On a server: sends what has been written of the reply, and leaves the rest for later: for replies that are read as they are made. The first time it sends the head, without
    /// a length. Afterwards <see cref="ResponseBody"/> is empty, and what is written next is the next piece; what is left when the handler ends is sent as the last.
    /// </summary>
    /// <remarks>
    /// <para>From the first flush on the handler has no deadline, and its exchange counts as a stream (<see cref="JsonRpcServerLimits.MaxConcurrentStreams"/>) and not as a call.
    /// When it fails, the connection is reset and the body gets no proper end, so that what was sent cannot be taken for the whole (HttpListener on Windows writes an end all the
    /// same). <see cref="JsonRpcServerLimits.MaxResponseBodySize"/> bounds each piece, and nothing bounds them all.</para>
    /// <para>The task ends when the system has taken the piece; a client that takes pieces too slowly (<see cref="JsonRpcServerLimits.MinResponseRate"/>) is disconnected. Of a
    /// piece without bytes nothing is sent but the head. To HEAD the head alone is sent, and the handler's token is cancelled. Where the transport cannot send a reply in pieces,
    /// as HttpListener to HTTP/1.0, nothing happens, and the whole reply is sent when the handler ends.</para>
    /// </remarks>
    /// <param name="cancellationToken">Looked at before anything is sent; a piece that has begun to leave is sent.</param>
    /// <exception cref="IOException">The client is gone, or took too long. The handler's token is cancelled.</exception>
    /// <exception cref="OperationCanceledException">The call was answered before, since it took too long or the server stops; or the token was cancelled.</exception>
    /// <exception cref="HttpRefusalException">As many streams are open as may be (503). Left alone, the exception is the reply.</exception>
    /// <exception cref="InvalidOperationException">Another flush is under way, or the reply has a status without a body (204, 304) or a header field that the transport
    /// writes.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return FlushPieceAsync(keepsDeadlines: false);
    }

    /// <inheritdoc cref="FlushAsync"/>
    /// <param name="keepsDeadlines">Whether the call's deadlines go on as if nothing had been sent.</param>
    internal ValueTask FlushPieceAsync(bool keepsDeadlines)
    {
        if (Flusher is null || !CanStream)
            return default;
        if (Interlocked.Exchange(ref _isFlushing, 1) != 0)
            throw new InvalidOperationException($"Another {nameof(FlushAsync)} is under way. Await it first.");
        return EndFlushAsync(keepsDeadlines);
    }

    /// <summary>
    /// For the transport, from any thread, while it serves this exchange: the peer is gone. The token of the function is cancelled, and no reply is sent. False where the reply is
    /// on its way already, or was taken from the handler before.
    /// </summary>
    protected internal bool OnPeerGone()
    {
        // A batch may begin or end to join its answers, or somebody may cancel, between the look and the move.
        while (_right.Look() is { State: ReplyState.Open or ReplyState.Joining or ReplyState.Streaming } seen)
        {
            if (TryTake(seen, ReplyEvent.PeerGone))
                return true;
        }
        return false;
    }

    /// <summary>For any thread: takes the reply from the handler, if nothing has changed since the look, and cancels its token.</summary>
    internal bool TryTake(ReplyRight.ReplySnapshot seen, ReplyEvent happened)
    {
        // Before the move: after it, the source of a call that has ended could be another's.
        var source = _cancellation;
        if (!_right.TryMove(seen, happened))
            return false;
        // What the token's callbacks do, and for how long, is the function's concern.
        if (!seen.IsCancelled)
            _ = source?.CancelAsync();
        return true;
    }

    /// <summary>Cancels the function's token and leaves it the reply. For one who knows that this call has not ended.</summary>
    internal void CancelCall()
    {
        while (_right.Look() is { IsCancelled: false, State: ReplyState.Open or ReplyState.Joining or ReplyState.Streaming } seen)
        {
            if (!_right.TryCancel(seen))
                continue;
            _cancellation?.Cancel();
            return;
        }
    }

    /// <summary>For the watch and the shutdown: cancels the function's token, if nothing has changed since the look, and leaves it the reply.</summary>
    internal bool TryCancel(ReplyRight.ReplySnapshot seen)
    {
        var source = _cancellation;
        if (!_right.TryCancel(seen))
            return false;
        _ = source?.CancelAsync();
        return true;
    }

    /// <summary>For the flow of the call: cancels the function's token. What its callbacks do, and throw, is not the caller's concern.</summary>
    internal void CancelFunction()
    {
        while (_right.Look() is { State: ReplyState.Open or ReplyState.Streaming, IsCancelled: false } seen && !TryCancel(seen))
        {
        }
    }

    /// <summary>Whether a flush is under way.</summary>
    internal bool IsFlushing => Volatile.Read(ref _isFlushing) != 0;

    /// <summary>Ends a stream that has failed, without the end mark; and the function, where it still runs. For the flow of the call.</summary>
    internal void BreakStream()
    {
        CancelFunction();
        if (_right.TryMove(ReplyEvent.Failed))
            Abort();
    }

    /// <summary>For the server, when a request's head has come.</summary>
    /// <exception cref="InvalidOperationException">The exchange has served a request, and was not made ready for another.</exception>
    internal void Open()
    {
        _cancellation ??= new CancellationTokenSource();
        if (!_right.TryMove(ReplyEvent.HeadCame))
            throw new InvalidOperationException($"This {GetType().Name} was used before, and {nameof(TryReset)} was not called or said no.");
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask EndFlushAsync(bool keepsDeadlines)
    {
        try
        {
            await Flusher!(this, keepsDeadlines).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _isFlushing, 0);
        }
    }


}
