using System.Globalization;
using System.Text;

namespace JsonRpcLite.Load;

/// <summary>The waits of callers and their cost, while a server is not saturated.</summary>
internal sealed class LatencyPart() : Part("latency", "how long a caller waits: one call after another, and at a steady rate")
{
    private static readonly (int Connections, int Rate, string Title)[] Loads =
    [
        (1, 0, "One connection, one call after another"),
        (1, 2_000, "One connection, 2,000 calls a second"),
        (16, 20_000, "16 connections, 20,000 calls a second"),
        (64, 40_000, "64 connections, 40,000 calls a second"),
    ];

    /// <summary>The loads.</summary>
    /// <remarks>The command line may ask for one with another number of connections.</remarks>
    private static IEnumerable<(int Connections, int Rate, string Title)> Chosen(Options options) =>
        Loads.Where(load => options.Connections is not { } connections || connections == load.Connections);

    private static List<Server> Servers(Options options) => Server.For(Workload.Echo, options);

    public override TimeSpan Expect(Options options) =>
        Servers(options).Count * Chosen(options).Count() * (options.WarmUp / 2 + TimeSpan.FromSeconds(options.Rounds * options.Seconds));

    public override Section Run(Options options, Progress progress)
    {
        var text = new StringBuilder();
        foreach (var load in Chosen(options))
            text.Append(CultureInfo.InvariantCulture, $"\n**{load.Title}**\n\n{Compare(load.Connections, load.Rate, options, progress)}");
        return new Section(Name, $"{text}\n{Circumstances(options, $"{FreeOnAllCores} Echo of a 52-byte object.")}\n");
    }

    private string Compare(int connections, int rate, Options options, Progress progress)
    {
        var servers = Servers(options);
        var running = new List<RunningServer>();
        var loads = new List<RunningLoad>();
        try
        {
            running.AddRange(servers.Select(server => new RunningServer(server, Workload.Echo)));
            loads.AddRange(running.Select(server => new RunningLoad(server, Workload.Echo, connections, rate)));
            var contest = new Contest($"{Name}, {connections}", [.. loads.Select((load, i) => new Entrant(servers[i].Title, load.Take))], progress);
            contest.WarmUp(options.WarmUp / 2);
            loads.ForEach(load => load.Waits.Clear());
            var scores = contest.Run(options.Rounds, options.Seconds, TimeSpan.FromSeconds(options.Seconds));
            var table = new Table(
                "server", "median wait, us", "lowest to highest", $"ratio to {servers[0].Title}", "99th percentile, us", "ratio", "CPU us a call", "ratio", "context switches");
            for (var i = 0; i < scores.Count; i++)
            {
                var (median, high) = (loads[i].Waits.Median, loads[i].Waits.High);
                table.Add([scores[i].Title, Series.Format(median.Median, "0.0"), median.Spread("0.0"), Ratio(median, loads[0].Waits.Median),
                    Series.Format(high.Median, "0"), Ratio(high, loads[0].Waits.High), Series.Format(scores[i].Microseconds.Median, "0.0"), scores[i].RatioTo(scores[0]),
                    Series.Format(scores[i].Switches.Median, "0.00")]);
            }
            return $"{table}{Failures(scores)}";
        }
        finally
        {
            loads.ForEach(load => load.Dispose());
            running.ForEach(server => server.Dispose());
        }
    }

    private static string Ratio(Series one, Series measure) => Series.Format(one.Median / measure.Median, "0.00");
}
