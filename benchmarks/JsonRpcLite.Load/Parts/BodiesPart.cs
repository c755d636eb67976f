using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>How the cost of a call, and the memory at its highest, grow with the size of the body.</summary>
internal sealed class BodiesPart() : Part("bodies", "the same with bodies of 100 B, 10 kB, 1 MB and 100 MB, and the memory at its highest")
{
    private static readonly (int Bytes, string Title)[] Sizes = [(100, "100 B"), (10_000, "10 kB"), (1_000_000, "1 MB"), (100_000_000, "100 MB")];

    /// <summary>Those that echo what they got.</summary>
    private static List<Server> Chosen(Options options) => [.. Server.For(Workload.Echo, options).Where(server => server.Name != FixedReplyServer.Name)];

    /// <summary>From here on a turn is one call or a few, and there are fewer rounds.</summary>
    private const int Large = 10_000_000;

    public override TimeSpan Expect(Options options) =>
        Chosen(options).Count * Sizes.Length * (options.WarmUp / 2 + TimeSpan.FromSeconds(options.Rounds * options.Seconds));

    public override Section Run(Options options, Progress progress)
    {
        var servers = Chosen(options);
        if (servers.Count == 0)
            return new Section(Name, "");
        var rows = servers.ToDictionary(server => server.Title, server => new List<string> { server.Title });
        var all = new List<Score>();
        foreach (var (bytes, title) in Sizes)
        {
            var workload = Workload.OfSize(bytes);
            var running = new List<RunningServer>();
            var callers = new List<BodyCaller>();
            try
            {
                running.AddRange(servers.Select(server => new RunningServer(server, Workload.Echo)));
                callers.AddRange(running.Select(server => new BodyCaller(server, workload)));
                var contest = new Contest(
                    $"{Name}, {title}", [.. running.Zip(callers, (server, caller) => new Entrant(server.Server.Title, time => server.Measure(() => caller.Run(time))))], progress);
                // Of a large body the first call alone is the warm-up, so that the memory that one call takes can be told from what is kept of many.
                contest.WarmUp(bytes < Large ? options.WarmUp / 2 : TimeSpan.Zero);
                var afterOne = running.ConvertAll(server => server.Peak);
                var scores = bytes < Large ? contest.Run(options.Rounds, options.Seconds, Slice) : contest.Run(Math.Min(options.Rounds, 3), 1, TimeSpan.FromSeconds(1));
                all.AddRange(scores);
                foreach (var score in scores)
                    rows[score.Title].Add(score.Summarize(bytes < 10_000 ? "0.0" : "0", scores[0]));
                if (bytes < Large)
                    continue;
                foreach (var (server, peak) in running.Zip(afterOne))
                    rows[server.Server.Title].AddRange([Times(peak, bytes), Times(server.Peak, bytes)]);
            }
            finally
            {
                callers.ForEach(caller => caller.Dispose());
                running.ForEach(server => server.Dispose());
            }
        }
        var table = new Table(["server", .. Sizes.Select(size => size.Title), $"MB at the highest, after one call of {Sizes[^1].Title} (times the body)", "after all calls"]);
        foreach (var row in rows.Values)
            table.Add(row);
        var how = $"{FreeOnAllCores} One connection, one call after another; of {Sizes[^1].Title} {Math.Min(options.Rounds, 3)} rounds of 1 s.";
        return new Section(Name, string.Create(CultureInfo.InvariantCulture,
            $"\n**Echo of a JSON string, CPU us a call (lowest to highest; ratio to {servers[0].Title})**\n\n{table}{Failures(all)}\n{Circumstances(options, how)}\n"));
    }

    private static string Times(double peak, int bytes) => $"{Megabytes(peak)} ({Series.Format(peak / bytes, "0.0")})";
}
