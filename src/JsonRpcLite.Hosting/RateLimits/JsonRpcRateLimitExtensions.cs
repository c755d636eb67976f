using System.Threading.RateLimiting;

namespace JsonRpcLite;

/// <summary>Limits of rates on registries of methods and on options of servers.</summary>
public static class JsonRpcRateLimitExtensions
{
    /// <summary>Limits how many calls each caller may make of each method in a second, or in another period.</summary>
    /// <remarks>
    /// <para>Each method counts by itself, also those under <c>*</c>: a caller of two methods may make as many calls of each. Names that only a fallback answers count as one
    /// method. A caller is a user, or an address (<see cref="JsonRpcCaller"/>). A caller that has paused for the period may make all of its calls at once, and from then on they
    /// come back evenly.</para>
    /// <para>A call beyond its limit is answered -32005 (<see cref="JsonRpcErrorCodes.TooManyCalls"/>) with <c>retryAfterMs</c>; in a batch each call is judged by itself, and a
    /// notification is dropped. With <c>notRun: true</c> the error says that a repetition runs nothing twice; that is so where no other middleware stands in front, around the call
    /// or around the exchange. The limit is a gate: it stands where it is added, and what was added before is around it.</para>
    /// <para>A server counts for itself: three servers behind a proxy let three times as many calls pass. It remembers up to 100,000 pairs of caller and method for each period;
    /// where more of them call within it, it forgets those that have not called for the longest time.</para>
    /// </remarks>
    /// <param name="methods">The registry.</param>
    /// <param name="limits">Rates by the names of methods; a number is calls a second. <c>*</c> stands for each method that is not named. Copied. Empty for no limit.</param>
    /// <param name="timeProvider">The clock; the system's by default.</param>
    /// <returns>The registry.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A limit is out of range.</exception>
    /// <exception cref="InvalidOperationException">A server has started with this registry. At the start of a server: there is no method of a name.</exception>
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

    /// <summary>Has a rate limiter judge each call of a method.</summary>
    /// <remarks>
    /// <para>One permit is asked for each call, and given back when the call has ended.</para>
    /// <para>A refused call is answered -32005 (<see cref="JsonRpcErrorCodes.TooManyCalls"/>), with <c>retryAfterMs</c> where the limiter says
    /// <see cref="MetadataName.RetryAfter"/>; in a batch each call is judged by itself, and a notification is dropped. With <c>notRun: true</c> the error says that a repetition
    /// runs nothing twice; that is so where no other middleware stands in front, around the call or around the exchange. The limiter is a gate: it stands where it is added, and
    /// what was added before is around it.</para>
    /// <para>A limiter with a queue has calls wait in it, within their time (<see cref="JsonRpcServerLimits.HandlerTimeout"/>); they count as calls that run
    /// (<see cref="JsonRpcServerLimits.MaxConcurrentCalls"/>). Partitions by <see cref="JsonRpcCaller"/> count each caller by itself; the limiter forgets those that are idle. It
    /// sets no bound on their number. The limiter is not disposed.</para>
    /// </remarks>
    /// <param name="methods">The registry.</param>
    /// <param name="limiter">The limiter; called on many threads at once.</param>
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

    /// <summary>Has a rate limiter judge each HTTP request, for functions and handlers; a batch is one request.</summary>
    /// <remarks>
    /// One permit is asked for each request, and given back when its reply is made.
    /// A refused request is answered 429, with <c>Retry-After</c> where the limiter says it (RFC 6585 4), and its connection ends. Health checks are not counted. It is middleware
    /// around the exchange, and comes before authentication: callers are known by their addresses (<see cref="JsonRpcCaller.Of(HttpExchange)"/>). The limiter is not disposed.
    /// </remarks>
    /// <param name="options">The options of the server.</param>
    /// <param name="limiter">The limiter; called on many threads at once.</param>
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

    /// <summary>The wait that a limiter asks for, as a header field can say it: at least a second, when rounded up, and at most a day.</summary>
    private static TimeSpan? RetryAfterOf(RateLimitLease lease) => lease.TryGetMetadata(MetadataName.RetryAfter, out var wait)
        ? TimeSpan.FromTicks(Math.Clamp(wait.Ticks, 1, TimeSpan.TicksPerDay))
        : null;
}
