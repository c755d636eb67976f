using System.Collections.Concurrent;

namespace JsonRpcLite;

/// <summary>The calls that are counted, apart for each period: how long a bucket must be remembered depends on it. Thread-safe.</summary>
internal sealed class RatesByPeriod(TimeProvider clock)
{
    private readonly ConcurrentDictionary<TimeSpan, CallRates> _rates = new();

    public CallRates Of(TimeSpan period) => _rates.GetOrAdd(period, static (time, clock) => new CallRates(clock, period: time), clock);
}
