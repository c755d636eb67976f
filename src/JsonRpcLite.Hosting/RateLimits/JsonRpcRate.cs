namespace JsonRpcLite;

/// <summary>A number of calls per period: 5 calls a minute are <c>new JsonRpcRate(5, TimeSpan.FromMinutes(1))</c>.</summary>
/// <remarks>
/// <para>A whole number is a rate per second: <c>limits["order.place"] = 5</c>. In the configuration it is written as <c>5</c>, <c>0.5</c>, <c>10/s</c>, <c>5/min</c> or
/// <c>100/h</c>.</para>
/// <para>A caller that has paused for the period may make all of its calls at once; then they refill evenly. The methods that take limits check the values.</para>
/// </remarks>
/// <param name="Calls">The number of calls: at least 1, and for a period longer than a second at most 1,000,000.</param>
/// <param name="Period">The time: 1 ms to 1 h.</param>
public readonly record struct JsonRpcRate(int Calls, TimeSpan Period)
{
    /// <summary>With more calls, the sums of a bucket would not fit 64 bits on a clock with nanoseconds.</summary>
    private const int MostCallsOfLongPeriod = 1_000_000;

    /// <summary>Converts a number of calls per second to a rate.</summary>
    /// <param name="callsPerSecond">The number of calls.</param>
    public static implicit operator JsonRpcRate(int callsPerSecond) => FromInt32(callsPerSecond);

    /// <summary>Makes a rate from a number of calls per second.</summary>
    /// <param name="callsPerSecond">The number of calls.</param>
    public static JsonRpcRate FromInt32(int callsPerSecond) => new(callsPerSecond, TimeSpan.FromSeconds(1));

    /// <summary>Finds the error in the rate, as text to follow its name; <c>null</c> if the rate is valid.</summary>
    internal string? FindFault()
    {
        if (Calls < 1)
            return FormattableString.Invariant($"must be at least 1; it is {Calls}.");
        if (Period < TimeSpan.FromMilliseconds(1) || Period > TimeSpan.FromHours(1))
            return FormattableString.Invariant($"must have a period of at least 1 ms and at most 1 h; it is {Period}.");
        return Calls > MostCallsOfLongPeriod && Period > TimeSpan.FromSeconds(1)
            ? FormattableString.Invariant($"must be at most {MostCallsOfLongPeriod} for a period longer than a second; it is {Calls}.")
            : null;
    }
}
