using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <content>The right to send the reply, in pieces or whole, and the cancellation of the function.</content>
public partial class HttpExchange
{
    private int _isFlushing;
    private ReplyRight _right;
    private CancellationTokenSource? _cancellation;
    private volatile IEarlyAnswer? _earlyAnswer;

    /// <summary>The right to send the reply.</summary>
    internal ref ReplyRight Right => ref _right;

    /// <summary>Cancels the function of an exchange that a server has opened.</summary>
    /// <remarks>The token belongs to one call: once it is cancelled, the next call gets another.</remarks>
    internal CancellationToken Cancellation => _cancellation!.Token;

    /// <summary>Whether the handler has lost the right to reply; such an exchange is never reused.</summary>
    internal bool IsLost => _right.IsLost;

    /// <summary>Receives the current call's result, whether or not the reply can still take it; <c>null</c> if it is not stored.</summary>
    internal BodyBuffer? KeptResult { get; set; }

    /// <summary>Sends the bytes that a handler flushes; <c>null</c> where no server serves the exchange.</summary>
    /// <remarks>The last argument says whether the call's deadlines continue as if nothing had been sent.</remarks>
    internal Func<HttpExchange, bool, ValueTask>? Flusher { get; set; }

    /// <summary>Whether the reply can be sent in pieces before the handler completes.</summary>
    internal bool MayStream => Flusher is not null && CanStream && _right.State is ReplyState.Open or ReplyState.Streaming;

    /// <summary>Makes the reply when the call takes too long; if it is <c>null</c>, the server makes it.</summary>
    /// <remarks>The handler sets it, and the watch reads it.</remarks>
    internal IEarlyAnswer? EarlyAnswer
    {
        get => _earlyAnswer;
        set => _earlyAnswer = value;
    }

    /// <summary>On a server: sends the bytes of the reply written so far, as one piece of a streamed reply.</summary>
    /// <remarks>
    /// <para>The first call sends the head, without a length. After each call, <see cref="ResponseBody"/> is empty, and the bytes written next are the next piece; the rest
    /// is sent when the handler completes.</para>
    /// <para>From the first flush on, the handler has no deadline, and its exchange counts as a stream (<see cref="JsonRpcServerLimits.MaxConcurrentStreams"/>) and not as a
    /// call. If the handler fails, the connection is reset and the body has no proper end, so that the client cannot mistake the sent part for the whole (HttpListener on Windows
    /// writes an end nevertheless). <see cref="JsonRpcServerLimits.MaxResponseBodySize"/> limits each piece; there is no limit for their sum.</para>
    /// <para>The task completes when the system has accepted the piece; a client that reads too slowly (<see cref="JsonRpcServerLimits.MinResponseRate"/>) is disconnected. An
    /// empty piece sends only the head, if that was not sent before. A HEAD request gets only the head, and the handler's token is cancelled. If the transport cannot send a
    /// reply in pieces, as HttpListener to HTTP/1.0, the call has no effect, and the whole reply is sent when the handler completes.</para>
    /// </remarks>
    /// <param name="cancellationToken">Checked before anything is sent; a piece whose sending has begun is sent completely.</param>
    /// <exception cref="IOException">The client has disconnected, or reads too slowly. The handler's token is cancelled.</exception>
    /// <exception cref="OperationCanceledException">The call was already answered, because it took too long or the server shuts down; or the token was cancelled.</exception>
    /// <exception cref="HttpRefusalException">The limit of open streams is reached (503). If the handler does not catch the exception, it becomes the reply.</exception>
    /// <exception cref="InvalidOperationException">
    /// Another flush is in progress, or the reply has a status without a body (204, 304) or a header field that the transport writes.
    /// </exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return FlushPieceAsync(keepsDeadlines: false);
    }

    /// <inheritdoc cref="FlushAsync"/>
    /// <param name="keepsDeadlines">Whether the call's deadlines continue as if nothing had been sent.</param>
    internal ValueTask FlushPieceAsync(bool keepsDeadlines)
    {
        if (Flusher is null || !CanStream)
            return default;
        if (Interlocked.Exchange(ref _isFlushing, 1) != 0)
            throw new InvalidOperationException($"Another {nameof(FlushAsync)} is in progress. Await it first.");
        return EndFlushAsync(keepsDeadlines);
    }

    /// <summary>For the transport, from any thread, while it serves this exchange: reports that the peer has disconnected.</summary>
    /// <remarks>
    /// The function's token is cancelled, and no reply is sent. Returns <c>false</c> if the reply is already being sent, or if the handler has already lost the right to reply.
    /// </remarks>
    protected internal bool OnPeerGone()
    {
        // Between Look and TryTake, a batch may begin or end joining its answers, or another thread may cancel.
        while (_right.Look() is { State: ReplyState.Open or ReplyState.Joining or ReplyState.Streaming } seen)
        {
            if (TryTake(seen, ReplyEvent.PeerGone))
                return true;
        }
        return false;
    }

    /// <summary>For any thread: takes the right to reply from the handler, if nothing has changed since the look, and cancels its token.</summary>
    internal bool TryTake(ReplyRight.ReplySnapshot seen, ReplyEvent happened)
    {
        // Read before the move: after the move, the source could already belong to the next call.
        var source = _cancellation;
        if (!_right.TryMove(seen, happened))
            return false;
        // The callbacks of the token run elsewhere, since the function determines what they do and how long they take.
        if (!seen.IsCancelled)
            _ = source?.CancelAsync();
        return true;
    }

    /// <summary>Cancels the function's token, and leaves it the right to reply; only for a caller that knows the call still runs.</summary>
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

    /// <summary>For the watch and the shutdown: cancels the function's token if nothing has changed since the look.</summary>
    /// <remarks>The function keeps the right to reply.</remarks>
    internal bool TryCancel(ReplyRight.ReplySnapshot seen)
    {
        var source = _cancellation;
        if (!_right.TryCancel(seen))
            return false;
        _ = source?.CancelAsync();
        return true;
    }

    /// <summary>For the flow of the call: cancels the function's token, without waiting for its callbacks.</summary>
    internal void CancelFunction()
    {
        while (_right.Look() is { State: ReplyState.Open or ReplyState.Streaming, IsCancelled: false } seen && !TryCancel(seen))
        {
        }
    }

    /// <summary>Whether a flush is in progress.</summary>
    internal bool IsFlushing => Volatile.Read(ref _isFlushing) != 0;

    /// <summary>For the flow of the call: aborts a failed stream without the end mark, and cancels the function if it still runs.</summary>
    internal void BreakStream()
    {
        CancelFunction();
        if (_right.TryMove(ReplyEvent.Failed))
            Abort();
    }

    /// <summary>For the server, when the head of a request has arrived.</summary>
    /// <exception cref="InvalidOperationException">The exchange has served a request, and was not reset.</exception>
    internal void Open()
    {
        _cancellation ??= new CancellationTokenSource();
        if (!_right.TryMove(ReplyEvent.HeadCame))
            throw new InvalidOperationException($"This {GetType().Name} was used before, and {nameof(TryReset)} was not called or returned false.");
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
