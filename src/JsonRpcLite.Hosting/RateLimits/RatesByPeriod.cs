using System.Collections.Concurrent;

namespace JsonRpcLite;

/// <summary>The counts of calls, separate for each period.</summary>
/// <remarks>Thread-safe. The period determines how long a bucket must be remembered.</remarks>
internal sealed class RatesByPeriod(TimeProvider clock)
{
    private readonly ConcurrentDictionary<TimeSpan, CallRates> _rates = new();

    public CallRates Of(TimeSpan period) => _rates.GetOrAdd(period, static (time, clock) => new CallRates(clock, period: time), clock);
}
