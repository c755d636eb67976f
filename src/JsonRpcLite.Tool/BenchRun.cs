using System.Diagnostics;
using System.Text.Json;

namespace JsonRpcLite.Tool;

/// <summary>Workers that call one after another, each with a connection of its own.</summary>
/// <remarks>
/// Calls that are in flight when the run ends are cancelled. Each counts as unfinished, and its age as a latency: without them a server that
/// answers most calls and hangs on the others would look fast.
/// </remarks>
internal sealed class BenchRun(JsonRpcClient client, string method, JsonElement? parameters, int connections)
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(1);

    private volatile bool _isCounted;
    private string? _firstError;
    private long _calls;

    /// <param name="warmUp">How long calls are not counted.</param>
    /// <param name="time">How long they are counted.</param>
    /// <param name="report">Called once a second with the calls so far.</param>
    /// <param name="cancellationToken">Ends the run without a result.</param>
    public async Task<BenchResult> MeasureAsync(
        TimeSpan warmUp, TimeSpan time, Action<(long Calls, double PerSecond)> report, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var workers = Enumerable.Range(0, connections).Select(_ => Task.Run(() => WorkAsync(over.Token), CancellationToken.None)).ToList();
        try
        {
            await Task.Delay(warmUp, cancellationToken).ConfigureAwait(false);
            var begin = Stopwatch.GetTimestamp();
            _isCounted = true;
            while (Stopwatch.GetElapsedTime(begin) is var elapsed && elapsed < time)
            {
                await Task.Delay(time - elapsed < ReportInterval ? time - elapsed : ReportInterval, cancellationToken).ConfigureAwait(false);
                var calls = Interlocked.Read(ref _calls);
                report((calls, calls / Stopwatch.GetElapsedTime(begin).TotalSeconds));
            }
            var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            await over.CancelAsync().ConfigureAwait(false);
            return Sum(await Task.WhenAll(workers).ConfigureAwait(false), seconds);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await ((Task)Task.WhenAll(workers)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private BenchResult Sum((LatencyHistogram Latencies, long Answered, long Errors, long Unfinished)[] parts, double seconds)
    {
        var latencies = new LatencyHistogram();
        foreach (var part in parts)
            latencies.Add(part.Latencies);
        return new BenchResult(
            parts.Sum(part => part.Answered),
            parts.Sum(part => part.Errors),
            parts.Sum(part => part.Unfinished),
            seconds,
            latencies.Quantile(0.5),
            latencies.Quantile(0.99),
            _firstError);
    }

    private async Task<(LatencyHistogram Latencies, long Answered, long Errors, long Unfinished)> WorkAsync(CancellationToken over)
    {
        var latencies = new LatencyHistogram();
        var (answered, errors, unfinished) = (0L, 0L, 0L);
        while (!over.IsCancellationRequested)
        {
            var begin = Stopwatch.GetTimestamp();
            string? error = null;
            try
            {
                await client.CallAsync<JsonElement>(method, parameters, over).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                latencies.Add(Stopwatch.GetElapsedTime(begin));
                unfinished++;
                break;
            }
            catch (Exception e) when (e is JsonRpcException or HttpRequestException or OperationCanceledException)
            {
                error = e.Message;
            }
            if (!_isCounted)
                continue;
            if (error is null)
            {
                latencies.Add(Stopwatch.GetElapsedTime(begin));
                answered++;
                Interlocked.Increment(ref _calls);
                continue;
            }
            errors++;
            Interlocked.CompareExchange(ref _firstError, error, null);
        }
        return (latencies, answered, errors, unfinished);
    }
}
