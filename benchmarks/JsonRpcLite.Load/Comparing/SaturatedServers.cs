namespace JsonRpcLite.Load;

/// <summary>Compares saturated servers over a number of connections.</summary>
internal sealed class SaturatedServers(Workload workload, IReadOnlyList<Server> servers, int connections, Placement placement, Options options, Progress progress)
{
    /// <summary>Starts all servers, warms them up, and runs them alternately in slices of a round.</summary>
    public List<Result> RunTogether(string title, TimeSpan warmUp, TimeSpan slice)
    {
        var (running, loads) = (new List<RunningServer>(), new List<RunningLoad>());
        try
        {
            running.AddRange(servers.Select(server => new RunningServer(server, workload, placement)));
            loads.AddRange(running.Select(server => new RunningLoad(server, workload, connections, placement: placement)));
            var contest = new Contest(title, [.. loads.Select((load, i) => new Entrant(servers[i].Title, load.Take))], progress);
            contest.WarmUp(warmUp);
            loads.ForEach(load => load.Waits.Clear());
            var scores = contest.Run(options.Rounds, options.Seconds, slice);
            return [.. servers.Select((server, i) => new Result(server, scores[i], loads[i].Waits, running[i].Resident))];
        }
        finally
        {
            loads.ForEach(load => load.Dispose());
            running.ForEach(server => server.Dispose());
        }
    }

    /// <summary>Starts each server anew in each round, saturates it from the first second, and measures it after <see cref="Options.Saturation"/> for 1 s.</summary>
    public List<Result> RunFromTheStart(string title)
    {
        var results = servers.Select(server => new Result(server, new Score(server.Title), new Waits(), double.NaN)).ToArray();
        var contest = new Contest(title, [.. servers.Select((server, i) => new Entrant(server.Title, time => Take(i, time)))], progress);
        var scores = contest.Run(options.Rounds, seconds: 1, TimeSpan.FromSeconds(1));
        return [.. results.Zip(scores, (result, score) => result with { Score = score })];

        Sample Take(int i, TimeSpan time)
        {
            using var running = new RunningServer(servers[i], workload, placement);
            using var load = new RunningLoad(running, workload, connections, placement: placement);
            var sample = load.TakeAfter(options.Saturation, time);
            results[i].Waits.Add(load.Waits);
            results[i] = results[i] with { Resident = running.Resident };
            progress.Spend(options.Saturation);
            return sample;
        }
    }

    /// <summary>CPU, throughput and latency first.</summary>
    public static Table MakeTable(IReadOnlyList<Result> results)
    {
        var table = new Table("server", "CPU us a call", "lowest to highest", $"ratio to {results[0].Server.Title}", "calls a second", "median wait, us", "99th percentile, us",
            "bytes allocated", "context switches", "MB resident");
        foreach (var (server, score, waits, resident) in results)
        {
            table.Add([server.Title, Series.Format(score.Microseconds.Median, "0.0"), score.Microseconds.Spread("0.0"), score.RatioTo(results[0].Score),
                Series.Format(waits.Rate.Median, "N0"), Series.Format(waits.Median.Median, "0"), Series.Format(waits.High.Median, "0"),
                Series.Format(score.Bytes.Median, "0"), Series.Format(score.Switches.Median, "0.00"), Series.Format(resident / 1e6, "0")]);
        }
        return table;
    }

    internal sealed record Result(Server Server, Score Score, Waits Waits, double Resident);
}
