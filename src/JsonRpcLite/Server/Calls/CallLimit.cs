using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>
/// Lets so many functions run at a time, and refuses more. A function's permit is taken when its body has come; a handler of the user's own, which reads its body itself, has one
/// from its beginning, but for the time in which it waits for its body (<see cref="CallWatch.OnBody"/>). It is given back when the exchange ends.
/// </summary>
/// <param name="readsBodyFirst">Whether the body is read before a permit is taken.</param>
/// <param name="maySayNotRun">Whether no code of the user's has run before: not where there is middleware around exchanges.</param>
/// <param name="errors">How errors look.</param>
/// <param name="next">What needs a permit.</param>
internal sealed class CallLimit(bool readsBodyFirst, bool maySayNotRun, ErrorReply errors, HttpExchangeHandler next)
{
    public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        if (readsBodyFirst)
        {
            var reading = exchange.ReadBodyAsync(cancellationToken);
            if (!reading.IsCompletedSuccessfully)
                return AwaitBodyAsync(reading, exchange, cancellationToken);
            _ = reading.Result;
        }
        return RunAsync(exchange, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitBodyAsync(ValueTask<ReadOnlyMemory<byte>> reading, HttpExchange exchange, CancellationToken cancellationToken)
    {
        await reading.ConfigureAwait(false);
        await RunAsync(exchange, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask RunAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        if (ServerCall.Of(exchange)!.TryTakePermit())
            return next(exchange, cancellationToken);
        if (!maySayNotRun)
            throw new HttpRefusalException(503, CallsInFlight.Full) { RetryAfter = TimeSpan.FromSeconds(1) };
        errors.RefuseUnrun(exchange, CallsInFlight.Full);
        return default;
    }
}
