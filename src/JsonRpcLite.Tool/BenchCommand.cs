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
              another machine: --yes says that you may put load on it

        The load and the server share this machine: compare results of one machine, and do not take them for those of another.
        What is answered in the first second, or the first fifth of a shorter run, is not counted.
        Calls without an answer at the end of the run are "unfinished": their age counts as a latency.

        Options:
              --seconds N              how long to measure, 1 to 3600; 5 by default
              --connections N          how many connections call at the same time, 1 to 1000; 16 by default
              --yes                    measure a server on another machine
          -H, --header "Name: value"   a header of the requests; may be given several times.
                                       -H @FILE reads one from each line, and keeps them out of ps
              --timeout TIME           how long one call may take: 5s, 500ms, 2m; 30 s by default

        Exit codes: 0 success, 1 calls failed, 2 wrong usage, 130 Ctrl+C,
        3 no proper answer to the first call, or no call was answered.

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
        // The command reports an error of the first call as jsonrpc call does.
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
        if (result.Calls + result.Errors == 0)
            throw new UnansweredException($"{address.Text} answered no call while the run was measured.");
        return result.Errors == 0 ? ExitCodes.Success : ExitCodes.Refused;
    }

    private static string Table(BenchResult result) => string.Create(CultureInfo.InvariantCulture, $"""
        calls       {result.Calls,12:N0}
        rate        {result.PerSecond,12:N0} a second
        p50         {result.P50.TotalMilliseconds,12:N3} ms
        p99         {result.P99.TotalMilliseconds,12:N3} ms
        errors      {result.Errors,12:N0}
        unfinished  {result.Unfinished,12:N0}
        """);

    private static JsonObject Json(BenchResult result) => new()
    {
        ["calls"] = result.Calls,
        ["seconds"] = Math.Round(result.Seconds, 3),
        ["perSecond"] = Math.Round(result.PerSecond),
        ["p50Ms"] = Math.Round(result.P50.TotalMilliseconds, 3),
        ["p99Ms"] = Math.Round(result.P99.TotalMilliseconds, 3),
        ["errors"] = result.Errors,
        ["unfinished"] = result.Unfinished,
    };
}
