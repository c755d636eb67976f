using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Tool;

/// <summary><c>jsonrpc bench</c>: measures how many calls a server answers, and how soon.</summary>
internal static class BenchCommand
{
    public static readonly Command Command = new("bench", "measures calls per second and their latency", """
        jsonrpc bench SERVER METHOD [PARAMS] [options]

        Calls a method again and again over several connections. Each sends its next call when the last one is answered.
        Prints calls per second, the latency that half of the calls and 99 % of them did not exceed, and how many failed.

          jsonrpc bench 12345 subtract '[42, 23]'
          jsonrpc bench 12345 subtract '[42, 23]' --seconds 30 --connections 64
          jsonrpc bench 12345 subtract '[42, 23]' | jq .p99Ms
              in a pipe the result is one line of JSON
          jsonrpc bench https://staging.example.com/rpc ping --yes
              another machine: load on it is for you to answer for, so --yes is needed

        The load and the server share this machine: compare results of one machine, and do not take them for those of another.
        What is sent in the first second, or the first fifth of a shorter run, is not counted.

        Options:
              --seconds N              how long to measure, 1 to 3600; 5 by default
              --connections N          how many connections call at the same time, 1 to 1000; 16 by default
              --yes                    measure a server on another machine
          -H, --header "Name: value"   a header of the requests; may be given several times
              --timeout TIME           how long one call may take: 5s, 500ms, 2m; 30 s by default

        Exit codes: 0 success, 1 calls failed, 2 wrong usage, 3 no proper answer to the first call, 130 Ctrl+C.

        """, RunAsync);

    private static async Task<int> RunAsync(string[] given, CancellationToken cancellationToken)
    {
        var arguments = new Arguments(given, ["--yes"], ["--header", "--timeout", "--seconds", "--connections"]);
        var (server, method, text) = arguments.Rest switch
        {
            [var s, var m] => (s, m, null),
            [var s, var m, var p] => (s, m, p),
            _ => throw new UsageException("A server and a method are needed: jsonrpc bench SERVER METHOD [PARAMS]."),
        };
        var address = ServerAddress.Read(server);
        if (!address.IsLoopback && !arguments.Has("--yes"))
            throw new UsageException($"{address.Text} is another machine. Add --yes if you may put load on it.");
        var seconds = TimeSpan.FromSeconds(arguments.FindNumber("--seconds", 1, 3600) ?? 5);
        var connections = arguments.FindNumber("--connections", 1, 1000) ?? 16;
        var parameters = await Parameters.ReadAsync(text, cancellationToken).ConfigureAwait(false);
        using var client = address.MakeClient(arguments);
        // An error of the first call is told as that of any other.
        await client.CallAsync<JsonElement>(method, parameters, cancellationToken).ConfigureAwait(false);

        var run = new BenchRun(client, method, parameters, connections);
        var warmUp = seconds / 5 is var fifth && fifth < TimeSpan.FromSeconds(1) ? fifth : TimeSpan.FromSeconds(1);
        var result = await run.MeasureAsync(
            warmUp,
            seconds,
            part => Terminal.WriteProgress($"{method}: {part.Calls:N0} calls, {part.PerSecond:N0} a second"),
            cancellationToken).ConfigureAwait(false);
        Terminal.WriteProgress("");
        if (Terminal.IsTerminal)
            Terminal.Out.WriteLine(Table(result));
        else
            Terminal.WriteJson(Json(result));
        if (result.FirstError is { } error)
            Terminal.WriteError("First error:", Terminal.Shown(error));
        return result.Errors == 0 ? ExitCodes.Success : ExitCodes.Refused;
    }

    private static string Table(BenchResult result) => string.Create(CultureInfo.InvariantCulture, $"""
        calls   {result.Calls,12:N0}
        rate    {result.PerSecond,12:N0} a second
        p50     {result.P50.TotalMilliseconds,12:N3} ms
        p99     {result.P99.TotalMilliseconds,12:N3} ms
        errors  {result.Errors,12:N0}
        """);

    private static JsonObject Json(BenchResult result) => new()
    {
        ["calls"] = result.Calls,
        ["seconds"] = Math.Round(result.Seconds, 3),
        ["perSecond"] = Math.Round(result.PerSecond),
        ["p50Ms"] = Math.Round(result.P50.TotalMilliseconds, 3),
        ["p99Ms"] = Math.Round(result.P99.TotalMilliseconds, 3),
        ["errors"] = result.Errors,
    };
}

/// <summary>What a run has measured.</summary>
/// <param name="Calls">The calls that were answered with a result.</param>
/// <param name="Errors">The calls that failed, whatever the reason.</param>
/// <param name="Seconds">How long the run took.</param>
/// <param name="P50">The latency that half of the calls did not exceed.</param>
/// <param name="P99">The latency that 99 % of the calls did not exceed.</param>
/// <param name="FirstError">The message of the first failure; <c>null</c> where there was none.</param>
internal sealed record BenchResult(long Calls, long Errors, double Seconds, TimeSpan P50, TimeSpan P99, string? FirstError)
{
    public double PerSecond => Calls / Seconds;
}

/// <summary>Workers that call one after another, each with a connection of its own.</summary>
internal sealed class BenchRun(JsonRpcClient client, string method, JsonElement? parameters, int connections)
{
    private volatile bool _isCounted;
    private volatile bool _isOver;
    private string? _firstError;
    private long _calls;

    /// <param name="warmUp">How long calls are not counted.</param>
    /// <param name="time">How long they are counted.</param>
    /// <param name="report">Told each second how far the run is.</param>
    /// <param name="cancellationToken">Ends the run without a result.</param>
    public async Task<BenchResult> MeasureAsync(TimeSpan warmUp, TimeSpan time, Action<(long Calls, double PerSecond)> report, CancellationToken cancellationToken)
    {
        var workers = Enumerable.Range(0, connections).Select(_ => Task.Run(() => WorkAsync(cancellationToken), CancellationToken.None)).ToList();
        await Task.Delay(warmUp, cancellationToken).ConfigureAwait(false);
        var begin = Stopwatch.GetTimestamp();
        _isCounted = true;
        while (Stopwatch.GetElapsedTime(begin) is var elapsed && elapsed < time)
        {
            await Task.Delay(time - elapsed is var left && left < TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1), cancellationToken).ConfigureAwait(false);
            var calls = Interlocked.Read(ref _calls);
            report((calls, calls / Stopwatch.GetElapsedTime(begin).TotalSeconds));
        }
        _isOver = true;
        var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        var all = new LatencyHistogram();
        var errors = 0L;
        foreach (var (latencies, failed) in await Task.WhenAll(workers).ConfigureAwait(false))
        {
            all.Add(latencies);
            errors += failed;
        }
        return new BenchResult(all.Count, errors, seconds, all.Quantile(0.5), all.Quantile(0.99), _firstError);
    }

    private async Task<(LatencyHistogram Latencies, long Errors)> WorkAsync(CancellationToken cancellationToken)
    {
        var latencies = new LatencyHistogram();
        var errors = 0L;
        while (!_isOver)
        {
            var begin = Stopwatch.GetTimestamp();
            string? error = null;
            try
            {
                await client.CallAsync<JsonElement>(method, parameters, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is JsonRpcException or HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                error = e.Message;
            }
            // A call that ends after the run belongs to no second of it.
            if (!_isCounted || _isOver)
                continue;
            if (error is null)
            {
                latencies.Add(Stopwatch.GetElapsedTime(begin));
                Interlocked.Increment(ref _calls);
                continue;
            }
            errors++;
            Interlocked.CompareExchange(ref _firstError, error, null);
        }
        return (latencies, errors);
    }
}
