using System.Threading.RateLimiting;

namespace JsonRpcLite;

/// <summary>Adds rate limits to registries of methods and to options of servers.</summary>
public static class JsonRpcRateLimitExtensions
{
    /// <summary>Limits the number of calls per second, or another period, of each caller to each method.</summary>
    /// <remarks>
    /// <para>Each method counts separately, including those under <c>*</c>: a caller of two methods may make as many calls to each. All names that only a fallback answers count
    /// as one method. A caller is a user or an address (<see cref="JsonRpcCaller"/>). A caller that has paused for the period may make all of its calls at once; then they refill
    /// evenly.</para>
    /// <para>A call over its limit is answered with -32005 (<see cref="JsonRpcErrorCodes.TooManyCalls"/>) and <c>retryAfterMs</c>. In a batch each call is checked separately,
    /// and a notification is dropped. <c>notRun: true</c> in the error means that repeating the call runs nothing twice; it is there unless other middleware, around the call or
    /// around the exchange, runs before. The limit is a gate: it applies at the position where it is added, inside everything that was added before.</para>
    /// <para>Each server counts separately: three servers behind a proxy let three times as many calls pass. It remembers up to 100,000 pairs of caller and method for each
    /// period; if more of them call within it, it forgets those that have not called for the longest time.</para>
    /// </remarks>
    /// <param name="methods">The registry.</param>
    /// <param name="limits">
    /// Rates by the names of methods, which are copied; a number means calls per second. <c>*</c> applies to each method that is not named. Empty for no limit.
    /// </param>
    /// <param name="timeProvider">The clock; the system's by default.</param>
    /// <returns>The registry.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A limit is out of range.</exception>
    /// <exception cref="InvalidOperationException">A server has started with this registry. When a server starts: a limit is for an unknown method.</exception>
    /// <example>
    /// <code>
    /// methods.UseRateLimits(new Dictionary&lt;string, JsonRpcRate> { ["*"] = 1000, ["order.place"] = new(5, TimeSpan.FromMinutes(1)) });
    /// </code>
    /// </example>
    public static JsonRpcMethods UseRateLimits(this JsonRpcMethods methods, IReadOnlyDictionary<string, JsonRpcRate> limits, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(methods);
        ArgumentNullException.ThrowIfNull(limits);
        var table = new RateLimitTable(limits);
        var rates = new RatesByPeriod(timeProvider ?? TimeProvider.System);
        return methods.UseGate((info, next) => table.Around(info, next, rates)).CheckAtStart(all => table.RefuseUnknown(all, name => $"The rate limit of '{name}'"));
    }

    /// <summary>Applies a rate limiter to each call.</summary>
    /// <remarks>
    /// <para>Each call acquires one permit, and returns it when the call has ended.</para>
    /// <para>A rejected call is answered with -32005 (<see cref="JsonRpcErrorCodes.TooManyCalls"/>), with <c>retryAfterMs</c> if the limiter provides
    /// <see cref="MetadataName.RetryAfter"/>. In a batch each call is checked separately, and a notification is dropped. <c>notRun: true</c> in the error means that repeating
    /// the call runs nothing twice; it is there unless other middleware, around the call or around the exchange, runs before. The limiter is a gate: it applies at the position
    /// where it is added, inside everything that was added before.</para>
    /// <para>In a limiter with a queue, calls wait within their time-out (<see cref="JsonRpcServerLimits.HandlerTimeout"/>); they count as running calls
    /// (<see cref="JsonRpcServerLimits.MaxConcurrentCalls"/>). Partitions by <see cref="JsonRpcCaller"/> count each caller separately; the limiter forgets idle partitions, and
    /// does not bound their number. The limiter is not disposed.</para>
    /// </remarks>
    /// <param name="methods">The registry.</param>
    /// <param name="limiter">The limiter, which is called from many threads at once.</param>
    /// <returns>The registry.</returns>
    /// <exception cref="InvalidOperationException">A server has started with this registry.</exception>
    public static JsonRpcMethods UseRateLimiter(this JsonRpcMethods methods, PartitionedRateLimiter<JsonRpcCall> limiter)
    {
        ArgumentNullException.ThrowIfNull(methods);
        ArgumentNullException.ThrowIfNull(limiter);
        return methods.UseGate(async (call, next, cancellationToken) =>
        {
            using var lease = await limiter.AcquireAsync(call, permitCount: 1, cancellationToken).ConfigureAwait(false);
            if (!lease.IsAcquired)
                throw RateRefusal.Of(call, RetryAfterOf(lease));
            await next(call, cancellationToken).ConfigureAwait(false);
        });
    }

    /// <summary>Applies a rate limiter to each HTTP request, for functions and handlers; a batch is one request.</summary>
    /// <remarks>
    /// Each request acquires one permit, and returns it when its reply is made. A rejected request is answered with 429, with <c>Retry-After</c> if the limiter provides it (RFC
    /// 6585 4), and its connection ends. Health checks are not counted. The limiter is middleware around the exchange, and runs before authentication: callers are identified by
    /// their addresses (<see cref="JsonRpcCaller.Of(HttpExchange)"/>). The limiter is not disposed.
    /// </remarks>
    /// <param name="options">The options of the server.</param>
    /// <param name="limiter">The limiter, which is called from many threads at once.</param>
    /// <returns>The options.</returns>
    /// <example>
    /// <code>
    /// options.UseRateLimiter(PartitionedRateLimiter.Create&lt;HttpExchange, JsonRpcCaller>(exchange => RateLimitPartition.GetTokenBucketLimiter(
    ///     JsonRpcCaller.Of(exchange), _ => new() { TokenLimit = 100, TokensPerPeriod = 100, ReplenishmentPeriod = TimeSpan.FromSeconds(1) })));
    /// </code>
    /// </example>
    public static JsonRpcServerOptions UseRateLimiter(this JsonRpcServerOptions options, PartitionedRateLimiter<HttpExchange> limiter)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(limiter);
        return options.Use(next => async (exchange, cancellationToken) =>
        {
            using var lease = await limiter.AcquireAsync(exchange, permitCount: 1, cancellationToken).ConfigureAwait(false);
            if (!lease.IsAcquired)
                throw new HttpRefusalException(429, "Too many requests; try again later.") { RetryAfter = RetryAfterOf(lease) };
            await next(exchange, cancellationToken).ConfigureAwait(false);
        });
    }

    /// <summary>The time to wait that a limiter requests, clamped to the range of a header field.</summary>
    /// <remarks>This is at least a second, after rounding up, and at most a day.</remarks>
    private static TimeSpan? RetryAfterOf(RateLimitLease lease) => lease.TryGetMetadata(MetadataName.RetryAfter, out var wait)
        ? TimeSpan.FromTicks(Math.Clamp(wait.Ticks, 1, TimeSpan.TicksPerDay))
        : null;
}
