namespace JsonRpcLite.Tool;

/// <summary>What a run has measured.</summary>
/// <param name="Calls">The calls that were answered with a result.</param>
/// <param name="Errors">The calls that failed, whatever the reason.</param>
/// <param name="Unfinished">The calls that had no answer when the run ended. The latencies hold how long they had waited.</param>
/// <param name="Seconds">How long the run took.</param>
/// <param name="P50">The latency that half of the calls did not exceed.</param>
/// <param name="P99">The latency that 99 % of the calls did not exceed.</param>
/// <param name="FirstError">The message of the first failure; <c>null</c> where there was none.</param>
internal sealed record BenchResult(long Calls, long Errors, long Unfinished, double Seconds, TimeSpan P50, TimeSpan P99, string? FirstError)
{
    public double PerSecond => Calls / Seconds;
}
