namespace JsonRpcLite;

/// <summary>Sends parts of a reply while its handler still produces others (<see cref="HttpExchange.FlushAsync"/>).</summary>
/// <remarks>The <see cref="ReplySender"/> sends the last part and the end.</remarks>
internal sealed class StreamSender(CallsInFlight calls, TrafficLog? log)
{
    /// <summary>Sends the bytes that the handler has written so far.</summary>
    public ValueTask FlushAsync(HttpExchange exchange, bool keepsDeadlines)
    {
        var call = ServerCall.Of(exchange)!;
        var part = exchange.HasBegun ? ReplyPart.Next : ReplyPart.First;
        if (part == ReplyPart.First)
            Begin(exchange, call, keepsDeadlines);
        else if (!keepsDeadlines)
            call.Times.StreamBegins();
        if (exchange.Right.State != ReplyState.Streaming)
            throw new IOException("The reply has ended: the client has disconnected, or the server has stopped.");
        if (exchange.Method == "HEAD")
            exchange.ResponseBody.Clear();
        if (part == ReplyPart.Next && exchange.ResponseBody.Length == 0)
            return default;
        return SendAsync(exchange, call, part);
    }

    /// <summary>Makes the head, which is sent with the first part.</summary>
    private void Begin(HttpExchange exchange, ServerCall call, bool keepsDeadlines)
    {
        if (!HttpExchange.HasBody(exchange.StatusCode))
            throw new InvalidOperationException($"A reply with the status {exchange.StatusCode} has no body, so it cannot be flushed.");
        exchange.ResponseHeaders.RefuseFraming();
        if (!call.TryBecomeStream())
            throw new HttpRefusalException(503, CallsInFlight.FullOfStreams) { RetryAfter = TimeSpan.FromSeconds(1) };
        if (calls.IsDraining)
            exchange.CloseConnection = true;
        // Before the state changes to Streaming: the watch (CallWatch.Look, on a timer's thread) reads that state and then CallTimes._deadline, and cancels a stream that is late.
        if (!keepsDeadlines)
            call.Times.StreamBegins();
        if (!exchange.Right.TryMove(ReplyEvent.Flushed))
            throw new OperationCanceledException("The call has already been answered: it took too long, or the server is stopping.", exchange.Cancellation);
        exchange.Standing.ApplyTo(exchange.ResponseHeaders);
        exchange.FreezeHead();
        log?.WriteBegin(exchange);
        // The race with the shutdown: its thread sets CallsInFlight._isStopping and then reads ServerCall._streamPermit of each call, to cancel streams; this thread has set
        // _streamPermit and now reads _isStopping. A HEAD request needs no more than the head.
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
            // Each transport has its own exceptions for a disconnected client.
            exchange.BreakStream();
            throw e as IOException ?? new IOException("The client has disconnected, or read the reply too slowly.", e);
        }
        call.Sent = (call.Sent.Pieces + 1, call.Sent.Bytes + body.Length);
        body.Clear();
    }

    /// <summary>Returns the head of a reply that is sent in parts.</summary>
    public static HttpResponseHead HeadOf(HttpExchange exchange) =>
        new(exchange.StatusCode, exchange.ResponseHeaders, contentLength: null, exchange.CloseConnection, isEarly: false);
}
