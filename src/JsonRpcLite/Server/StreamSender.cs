namespace JsonRpcLite;

/// <summary>
/// Sends the pieces of a reply while its handler still makes others (<see cref="HttpExchange.FlushAsync"/>). The last piece, and the end, is the <see cref="ReplySender"/>'s.
/// </summary>
internal sealed class StreamSender(CallsInFlight calls, TrafficLog? log)
{
    /// <summary>Sends what the handler has written so far.</summary>
    public ValueTask FlushAsync(HttpExchange exchange, bool keepsDeadlines)
    {
        var call = ServerCall.Of(exchange)!;
        var part = exchange.HasBegun ? ReplyPart.Next : ReplyPart.First;
        if (part == ReplyPart.First)
            Begin(exchange, call, keepsDeadlines);
        else if (!keepsDeadlines)
            call.Times.StreamBegins();
        if (exchange.Right.State != ReplyState.Streaming)
            throw new IOException("The reply has ended: the client is gone, or the server has stopped.");
        if (exchange.Method == "HEAD")
            exchange.ResponseBody.Clear();
        if (part == ReplyPart.Next && exchange.ResponseBody.Length == 0)
            return default;
        return SendAsync(exchange, call, part);
    }

    /// <summary>The head is made, and leaves with the first piece.</summary>
    private void Begin(HttpExchange exchange, ServerCall call, bool keepsDeadlines)
    {
        if (!HttpExchange.HasBody(exchange.StatusCode))
            throw new InvalidOperationException($"A reply with the status {exchange.StatusCode} has no body, and cannot be sent in pieces.");
        exchange.ResponseHeaders.RefuseFraming();
        if (!call.TryBecomeStream())
            throw new HttpRefusalException(503, CallsInFlight.FullOfStreams) { RetryAfter = TimeSpan.FromSeconds(1) };
        if (calls.IsDraining)
            exchange.CloseConnection = true;
        // Before the move: who sees a stream over its deadline cancels it.
        if (!keepsDeadlines)
            call.Times.StreamBegins();
        if (!exchange.Right.TryMove(ReplyEvent.Flushed))
            throw new OperationCanceledException("The call was answered before: it took too long, or the server stops.", exchange.Cancellation);
        exchange.Standing.ApplyTo(exchange.ResponseHeaders);
        exchange.FreezeHead();
        log?.WriteBegin(exchange);
        // Against the shutdown: it says that it stops and then cancels what streams; here it is the other way round. Nobody reads more of a HEAD than its head.
        if (calls.IsStopping || exchange.Method == "HEAD")
            exchange.CancelFunction();
    }

    private static async ValueTask SendAsync(HttpExchange exchange, ServerCall call, ReplyPart part)
    {
        var body = exchange.ResponseBody;
        try
        {
            await exchange.SendAsync(HeadOf(exchange), body.WrittenMemory, part).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Each transport has exceptions of its own for a client that is gone.
            exchange.BreakStream();
            throw e as IOException ?? new IOException("The client is gone, or took too long for what it was sent.", e);
        }
        call.Sent = (call.Sent.Pieces + 1, call.Sent.Bytes + body.Length);
        body.Clear();
    }

    /// <summary>The head of a reply that is sent in pieces.</summary>
    public static HttpResponseHead HeadOf(HttpExchange exchange) =>
        new(exchange.StatusCode, exchange.ResponseHeaders, contentLength: null, exchange.CloseConnection, isEarly: false);
}
