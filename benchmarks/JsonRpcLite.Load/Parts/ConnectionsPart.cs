using System.Text;

namespace JsonRpcLite.Load;

/// <summary>How the cost of a call, and the memory, grow with the number of connections that are all busy.</summary>
internal sealed class ConnectionsPart() : Part("connections", "the same over 1, 64, 1,000 and 10,000 connections")
{
    private static readonly int[] Counts = [1, 64, 1_000, 10_000];

    /// <summary>The workload.</summary>
    /// <remarks>One is enough, because the cost of connections does not depend on the JSON work.</remarks>
    private static readonly Workload Workload = Workload.Echo;

    /// <summary>The number of connections from which a slice is as long as a round.</summary>
    /// <remarks>Each connection makes at least one call in a slice.</remarks>
    private const int Many = 1_000;

    /// <summary>The warm-up is short, because opening the connections has already warmed up the code.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(0.2);

    private const int WhileWarmingUp = 64;

    public override TimeSpan Expect(Options options) => Server.For(Workload, options).Count
        * (options.WarmUp + Settling * Counts.Length + TimeSpan.FromSeconds(options.Rounds * options.Seconds * Chosen(options).Length));

    public override Section Run(Options options, Progress progress)
    {
        var text = new StringBuilder();
        var servers = Server.For(Workload, options);
        if (servers.Count > 0)
            text.Append(FormattableString.Invariant($"\n**Echo, CPU us a call (lowest to highest; ratio to {servers[0].Title})**\n\n{Compare(servers, options, progress)}"));
        return new Section(Name, $"{text}\n{Circumstances(options, $"{FreeOnAllCores} All connections are busy all the time.")}\n");
    }

    private static int[] Chosen(Options options) => options.Connections is { } chosen ? [chosen] : Counts;

    private string Compare(List<Server> servers, Options options, Progress progress)
    {
        var counts = Chosen(options).Where(count => count + 200 < Footprint.DescriptorLimit()).ToArray();
        var cells = servers.ToDictionary(server => server, server => new List<string> { server.Title });
        var failures = new List<Score>();
        var running = new List<RunningServer>();
        try
        {
            running.AddRange(servers.Select(server => new RunningServer(server, Workload)));
            Drive(Name, WhileWarmingUp, running, progress, contest => contest.WarmUp(options.WarmUp));
            foreach (var count in counts)
            {
                var scores = Drive($"{Name}, {count}", count, running, progress, contest =>
                {
                    contest.WarmUp(Settling);
                    contest.Run(options.Rounds, options.Seconds, count < Many ? Slice : TimeSpan.FromSeconds(options.Seconds));
                });
                failures.AddRange(scores);
                foreach (var (server, score) in servers.Zip(scores))
                    cells[server].Add(score.Failure is null ? score.Summarize("0.0", scores[0]) : "-");
            }
            foreach (var server in running)
                cells[server.Server].Add(Megabytes(server.Resident));
        }
        finally
        {
            running.ForEach(server => server.Dispose());
        }
        var table = new Table(["server", .. counts.Select(count => count.ToString("N0", System.Globalization.CultureInfo.InvariantCulture)), "MB resident then"]);
        foreach (var row in cells.Values)
            table.Add(row);
        var missing = counts.Length == Chosen(options).Length
            ? "" : $"\nNo more connections than that: a process may have {Footprint.DescriptorLimit()} descriptors here (`ulimit -n`).\n";
        return $"{table}{Failures(failures)}{missing}";
    }

    private static List<Score> Drive(string title, int count, List<RunningServer> running, Progress progress, Action<Contest> drive)
    {
        var loads = running.ConvertAll(server => new RunningLoad(server, Workload, count));
        try
        {
            var contest = new Contest(title, [.. loads.Select((load, i) => new Entrant(running[i].Server.Title, load.Take))], progress);
            drive(contest);
            return contest.Scores;
        }
        finally
        {
            loads.ForEach(load => load.Dispose());
        }
    }
}
