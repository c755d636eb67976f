using System.Globalization;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>Retries calls, as the outermost middleware of a client.</summary>
/// <remarks>Each attempt passes through all other middleware, and so gets a new token or another address.</remarks>
internal sealed class RetryMiddleware(JsonRpcRetryOptions options, TimeProvider timeProvider)
{
    /// <summary>The random part of a wait, as a fraction up or down.</summary>
    private const double Jitter = 0.2;

    private readonly RetryBudget _budget = new(options.MaxTokens, options.TokenRatio);
    private readonly Lock _randomLock = new();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SendAsync(JsonRpcClientCall call, JsonRpcClientHandler next, CancellationToken cancellationToken)
    {
        // A notification has no response in which the server could report a known key.
        var mayRunTwice = call.Count > 0 && (call.Idempotency != JsonRpcIdempotency.None || call.Exchange.RequestHeaders.Contains(HeaderFields.IdempotencyKey));
        for (var attempt = 1; ; attempt++)
        {
            AttemptOutcome outcome;
            Exception? failure = null;
            try
            {
                await next(call, cancellationToken).ConfigureAwait(false);
                outcome = AttemptJudge.OfReply(call, mayRunTwice, call.Sender!.Body is not null, timeProvider.GetUtcNow());
            }
            catch (Exception e) when (call.Sender!.HasThrown(e) && !cancellationToken.IsCancellationRequested)
            {
                outcome = AttemptJudge.OfFailure(e, mayRunTwice);
                failure = e;
            }
            if (outcome.Verdict == AttemptVerdict.Succeeded)
                _budget.Gain();
            else if (outcome.Verdict == AttemptVerdict.Failed)
                _budget.Take();
            if (WaitBefore(attempt + 1, outcome, call.Sender!.TimeLeft) is not { } wait)
            {
                if (failure is not null)
                    System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
                return;
            }
            var waiting = Task.Delay(wait, timeProvider, cancellationToken);
            if (call.IsSynchronous)
                waiting.GetAwaiter().GetResult();
            else
                await waiting.ConfigureAwait(false);
            call.Exchange.RequestHeaders[HeaderFields.PreviousAttempts] = attempt.ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Returns the wait before the next attempt; <c>null</c> where there is no next attempt.</summary>
    private TimeSpan? WaitBefore(int attempt, AttemptOutcome outcome, TimeSpan timeLeft)
    {
        if (outcome.Verdict is AttemptVerdict.Succeeded or AttemptVerdict.Final || attempt > options.MaxAttempts)
            return null;
        if (outcome.Wait > options.MaxRetryAfter)
            return null;
        if (outcome.Verdict == AttemptVerdict.Failed && !_budget.AllowsRetry)
        {
            RpcTelemetry.RefusedRetries.Add(1);
            return null;
        }
        var backoff = Math.Min(options.InitialBackoff.TotalMilliseconds * Math.Pow(options.BackoffMultiplier, attempt - 2), options.MaxBackoff.TotalMilliseconds);
        var random = NextRandom();
        var milliseconds = backoff * (1 - Jitter + 2 * Jitter * random);
        // The next attempt never starts earlier than the server requests.
        if (outcome.Wait is { TotalMilliseconds: var asked } && asked > milliseconds)
            milliseconds = asked * (1 + Jitter * random);
        var wait = TimeSpan.FromMilliseconds(Math.Min(milliseconds, int.MaxValue));
        return wait < timeLeft ? wait : null;
    }

    private double NextRandom()
    {
        if (options.Random == Random.Shared)
            return Random.Shared.NextDouble();
        lock (_randomLock)
            return options.Random.NextDouble();
    }
}
