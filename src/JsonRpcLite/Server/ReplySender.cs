using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>Sends every reply of a server, and applies the rules that all replies share.</summary>
/// <remarks>
/// It adds the standing header fields, refuses header fields that only the transport may write, writes the reply to the traffic log, and passes it to the transport.
/// </remarks>
internal sealed class ReplySender(ErrorReply errors, TrafficLog? log)
{
    /// <summary>Sends the reply after the handler has ended, unless an early reply or a disconnect has taken the right to reply.</summary>
    public ValueTask<ExchangeOutcome> SendAsync(HttpExchange exchange)
    {
        if (exchange is { HasBegun: true, IsFlushing: true })
            BreakUnawaited(exchange);
        if (!exchange.Right.TryMove(ReplyEvent.HandlerEnded))
        {
            log?.WriteUnsent(exchange);
            if (exchange.Right.State is ReplyState.Gone or ReplyState.Aborted)
                ServerCall.Of(exchange)?.EndMeasures(statusCode: null);
            // The early reply has ended the call's measurement, unless the call was given up before that began.
            else
                ServerCall.Of(exchange)?.Measure?.End(JsonRpcErrorCodes.TimedOut);
            return new ValueTask<ExchangeOutcome>(ExchangeOutcome.LeftBehind);
        }
        if (exchange.Right.State == ReplyState.Ended)
            return EndStreamAsync(exchange);
        if (exchange.ResponseHeaders.FindFraming() is not null)
            AnswerForFraming(exchange);
        if (exchange.Method == "CONNECT" && exchange.StatusCode < 300)
            RefuseTunnel(exchange);
        return FinishAsync(exchange);
    }

    /// <summary>Sends a refusal and ends the connection, when the bytes are not a request or the server has no capacity for it.</summary>
    public ValueTask<ExchangeOutcome> RefuseAsync(HttpExchange exchange, int statusCode, string message)
    {
        if (!exchange.Right.TryMove(ReplyEvent.WasNoRequest))
            throw new InvalidOperationException($"This {exchange.GetType().Name} is already serving a request.");
        exchange.CloseConnection = true;
        if (statusCode == 503)
            exchange.ResponseHeaders["Retry-After"] = "1";
        errors.Refuse(exchange, statusCode, message);
        return FinishAsync(exchange);
    }

    /// <summary>Sends an early reply while the handler still runs and owns everything in the exchange.</summary>
    public ValueTask SendEarlyAsync(HttpExchange exchange, EarlyReply reply)
    {
        exchange.Standing.ApplyTo(reply.Fields);
        var sending = exchange.SendAsync(
            new HttpResponseHead(reply.StatusCode, reply.Fields, LengthOf(reply.StatusCode, reply.Body.Length), endsConnection: true, isEarly: true),
            IsBodySent(reply.StatusCode, exchange.Method) ? reply.Body : default,
            ReplyPart.Whole);
        // A log that blocks must not delay the early replies of other calls.
        if (log is not null)
            _ = Task.Run(() => log.WriteEarly(exchange, reply));
        return sending;
    }

    private ValueTask<ExchangeOutcome> FinishAsync(HttpExchange exchange)
    {
        exchange.Standing.ApplyTo(exchange.ResponseHeaders);
        log?.Write(exchange);
        var (status, body) = (exchange.StatusCode, exchange.ResponseBody);
        var outcome = exchange.CloseConnection ? ExchangeOutcome.ConnectionEnds : ExchangeOutcome.ConnectionKept;
        var sending = exchange.SendAsync(
            new HttpResponseHead(status, exchange.ResponseHeaders, LengthOf(status, body.Length), exchange.CloseConnection, isEarly: false),
            IsBodySent(status, exchange.Method) ? body.WrittenMemory : default,
            ReplyPart.Whole);
        return AwaitSendingAsync(exchange, sending, outcome, status);
    }

    /// <summary>Breaks a stream whose handler ended while it still sends, since nothing may be sent at the same time.</summary>
    private static void BreakUnawaited(HttpExchange exchange)
    {
        var failure = new InvalidOperationException($"The handler ended while its {nameof(HttpExchange.FlushAsync)} was under way. Await it.");
        ServerCall.FailuresOf(exchange).Report(failure, ServerCall.Failed(exchange, JsonRpcErrorCodes.InternalError, exchange.StatusCode));
        exchange.BreakStream();
    }

    /// <summary>Sends the rest of a stream and its end.</summary>
    private ValueTask<ExchangeOutcome> EndStreamAsync(HttpExchange exchange)
    {
        var body = exchange.Method == "HEAD" ? default : exchange.ResponseBody.WrittenMemory;
        if (!body.IsEmpty && ServerCall.Of(exchange) is { } call)
            call.Sent = (call.Sent.Pieces + 1, call.Sent.Bytes + body.Length);
        log?.WriteEnd(exchange, "whole");
        var outcome = exchange.CloseConnection ? ExchangeOutcome.ConnectionEnds : ExchangeOutcome.ConnectionKept;
        return AwaitSendingAsync(exchange, exchange.SendAsync(StreamSender.HeadOf(exchange), body, ReplyPart.Last), outcome, exchange.StatusCode);
    }

    private static ValueTask<ExchangeOutcome> AwaitSendingAsync(HttpExchange exchange, ValueTask sending, ExchangeOutcome outcome, int status)
    {
        if (ServerCall.Of(exchange) is { IsMeasured: true } measured)
            return AwaitMeasuredAsync(sending, outcome, measured, status);
        if (!sending.IsCompletedSuccessfully)
            return AwaitAsync(sending, outcome);
        sending.GetAwaiter().GetResult();
        return new ValueTask<ExchangeOutcome>(outcome);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<ExchangeOutcome> AwaitAsync(ValueTask sending, ExchangeOutcome outcome)
    {
        await sending.ConfigureAwait(false);
        return outcome;
    }

    /// <summary>Ends the call's measurement when its reply has been written.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<ExchangeOutcome> AwaitMeasuredAsync(ValueTask sending, ExchangeOutcome outcome, ServerCall call, int statusCode)
    {
        try
        {
            await sending.ConfigureAwait(false);
        }
        finally
        {
            call.EndMeasures(statusCode);
        }
        return outcome;
    }

    private void AnswerForFraming(HttpExchange exchange)
    {
        try
        {
            exchange.ResponseHeaders.RefuseFraming();
        }
        catch (InvalidOperationException e)
        {
            exchange.ClearResponse();
            errors.FailUnexpectedly(exchange, e, ServerCall.FailuresOf(exchange));
        }
    }

    /// <summary>Refuses CONNECT: a success would turn the connection into a tunnel (RFC 9110 9.3.6), which the server does not serve.</summary>
    private void RefuseTunnel(HttpExchange exchange)
    {
        exchange.ClearResponse();
        exchange.CloseConnection = true;
        errors.Refuse(exchange, 501, "This server does not support tunnels (CONNECT).");
    }

    /// <summary>Returns the Content-Length; <c>null</c> for a reply that can have no body (RFC 9110 8.6).</summary>
    private static int? LengthOf(int statusCode, int length) => HttpExchange.HasBody(statusCode) ? length : null;

    private static bool IsBodySent(int statusCode, string method) => HttpExchange.HasBody(statusCode) && method != "HEAD";
}
