using System.Text;

namespace JsonRpcLite.Load;

/// <summary>What a call costs each server, over 64 connections, in detail.</summary>
internal sealed class ServersPart() : Part("servers", "what a call costs each server, over 64 connections: CPU, bytes, context switches, memory")
{
    private static readonly (Workload Workload, string Title)[] Workloads =
        [(Workload.Echo, "echo of a 52-byte object through a DOM"), (Workload.Subtract, "JSON-RPC `subtract`")];

    public override TimeSpan Expect(Options options) =>
        Workloads.Sum(w => Server.For(w.Workload, options).Count) * (options.WarmUp + TimeSpan.FromSeconds(options.Rounds * options.Seconds));

    public override Section Run(Options options, Progress progress)
    {
        var connections = options.Connections ?? 64;
        var chart = new Chart("CPU time of a call on the server", FormattableString.Invariant(
            $"{connections} connections, medians of {options.Rounds} rounds in turns; less is better"), Machine.Description, "microseconds of CPU per call, user and system");
        var text = new StringBuilder();
        var all = new Dictionary<Server, Dictionary<Workload, (Score Score, string Ratio)>>();
        foreach (var (workload, title) in Workloads)
        {
            var servers = Server.For(workload, options);
            if (servers.Count == 0)
                continue;
            var (scores, table) = Compare(workload, servers, connections, options, progress);
            text.Append(FormattableString.Invariant($"\n**{char.ToUpperInvariant(title[0])}{title[1..]}, {connections} connections**\n\n{table}{Failures(scores)}"));
            chart.Add(title.Replace("`", "", StringComparison.Ordinal), servers.Zip(scores, (server, score) => (server.Title, score.Microseconds.Median, server.IsOurs)));
            foreach (var (server, score) in servers.Zip(scores))
            {
                all.TryAdd(server, []);
                all[server].Add(workload, (score, score.RatioTo(scores[0])));
            }
        }
        var circumstances = Circumstances(options, "The server on one core, the load on another.");
        return new Section(Name, $"{text}\n{circumstances}\n") { Chart = chart, Summary = $"{Summarize(all)}\n{circumstances}\n" };
    }

    private (List<Score> Scores, Table Table) Compare(Workload workload, List<Server> servers, int connections, Options options, Progress progress)
    {
        var (running, loads) = (new List<RunningServer>(), new List<RunningLoad>());
        try
        {
            running.AddRange(servers.Select(server => new RunningServer(server, workload)));
            loads.AddRange(running.Select(server => new RunningLoad(server, workload, connections)));
            var contest = new Contest($"{Name}, {workload.Name}", [.. loads.Select((load, i) => new Entrant(servers[i].Title, load.Take))], progress);
            contest.WarmUp(options.WarmUp);
            var scores = contest.Run(options.Rounds, options.Seconds, Slice);

            var table = new Table("server", "CPU us a call", "lowest to highest", $"ratio to {servers[0].Title}", "bytes allocated", "context switches", "MB resident");
            foreach (var (server, score) in running.Zip(scores))
            {
                table.Add([score.Title, Series.Format(score.Microseconds.Median, "0.0"), score.Microseconds.Spread("0.0"), score.RatioTo(scores[0]),
                    Series.Format(score.Bytes.Median, "0"), Series.Format(score.Switches.Median, "0.00"), Megabytes(server.Resident)]);
            }
            return (scores, table);
        }
        finally
        {
            loads.ForEach(load => load.Dispose());
            running.ForEach(server => server.Dispose());
        }
    }

    private static Table Summarize(Dictionary<Server, Dictionary<Workload, (Score Score, string Ratio)>> all)
    {
        var table = new Table(["server", .. Workloads.SelectMany(w => new[] { $"{w.Title}, CPU us", "ratio" })]);
        foreach (var (server, scores) in all)
        {
            table.Add([server.Title, .. Workloads.SelectMany(w => scores.TryGetValue(w.Workload, out var found)
                ? [Series.Format(found.Score.Microseconds.Median, "0.0"), found.Ratio] : new[] { "-", "-" })]);
        }
        return table;
    }
}
