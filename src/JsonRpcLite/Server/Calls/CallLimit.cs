using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>Limits the number of functions that run at the same time, by permits.</summary>
/// <remarks>
/// A function takes its permit when its body has been received. A handler of the user's own reads its body itself: it has a permit from its beginning, except while it waits for
/// its body (<see cref="CallWatch.OnBody"/>). The permit is released when the exchange ends.
/// </remarks>
/// <param name="readsBodyFirst">Whether the body is read before a permit is taken.</param>
/// <param name="maySayNotRun">Whether no code of the user has run before; <c>false</c> if there is middleware around exchanges.</param>
/// <param name="errors">The format of errors.</param>
/// <param name="next">The handler that needs a permit.</param>
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
