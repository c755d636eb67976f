using System.Globalization;
using System.Text;

namespace JsonRpcLite.Load;

/// <summary>How long a caller waits, and what that costs, where a server is not saturated: as a user starts it, free on all cores.</summary>
internal sealed class LatencyPart() : Part("latency", "how long a caller waits: one call after another, and at a steady rate; server and load free on all cores")
{
    private static readonly (int Connections, int Rate, string Title)[] Loads =
    [
        (1, 0, "One connection, one call after another"),
        (1, 2_000, "One connection, 2,000 calls a second"),
        (16, 20_000, "16 connections, 20,000 calls a second"),
        (64, 40_000, "64 connections, 40,000 calls a second"),
    ];

    /// <summary>One load of another number of connections may be asked for.</summary>
    private static IEnumerable<(int Connections, int Rate, string Title)> Chosen(Options options) =>
        Loads.Where(load => options.Connections is not { } connections || connections == load.Connections);

    private static List<Server> Servers(Options options) => Server.For(Workload.Echo, options);

    public override TimeSpan Expect(Options options) =>
        Servers(options).Count * Chosen(options).Count() * (options.WarmUp + TimeSpan.FromSeconds(options.Rounds * options.Seconds));

    public override Section Run(Options options, Progress progress)
    {
        var text = new StringBuilder();
        foreach (var load in Chosen(options))
            text.Append(CultureInfo.InvariantCulture, $"\n**{load.Title}**\n\n{Compare(load.Connections, load.Rate, options, progress)}");
        return new Section(Name, $"{text}\n{Circumstances(options, "Echo of a 52-byte object. Server and load run on whichever core the system gives them.")}\n");
    }

    private string Compare(int connections, int rate, Options options, Progress progress)
    {
        var servers = Servers(options);
        var running = new List<RunningServer>();
        var loads = new List<Child>();
        try
        {
            var (waits, entrants) = (servers.ConvertAll(_ => new Waits()), new List<Entrant>());
            foreach (var server in servers)
            {
                var at = running.Count;
                running.Add(new RunningServer(server, Workload.Echo, isPinned: false));
                loads.Add(new Child($"the load on {server.Title}", Cores.Start(ThisProgram.Command(usesAspNetCore: false, "process", "paced",
                    $"{running[at].Port}", server.Path, Workload.Echo.Name, $"{connections}", $"{rate}"))));
                entrants.Add(new Entrant(server.Title, time => running[at].Measure(() => waits[at].Take(loads[at].Ask(time.TotalSeconds.ToString(CultureInfo.InvariantCulture))))));
            }
            var contest = new Contest($"{Name}, {connections}", entrants, progress);
            contest.WarmUp(options.WarmUp);
            waits.ForEach(wait => wait.Clear());
            var scores = contest.Run(options.Rounds, options.Seconds, TimeSpan.FromSeconds(options.Seconds));
            var table = new Table(
                "server", "median wait, us", "lowest to highest", $"ratio to {servers[0].Title}", "99th percentile, us", "ratio", "CPU us a call", "ratio", "context switches");
            for (var i = 0; i < scores.Count; i++)
            {
                var (median, high) = (waits[i].At(0.5), waits[i].At(0.99));
                table.Add([scores[i].Title, Series.Format(median.Median, "0.0"), median.Spread("0.0"), Ratio(median, waits[0].At(0.5)),
                    Series.Format(high.Median, "0"), Ratio(high, waits[0].At(0.99)), Series.Format(scores[i].Microseconds.Median, "0.0"), scores[i].RatioTo(scores[0]),
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

    /// <summary>The waits of each turn.</summary>
    private sealed class Waits
    {
        private readonly List<double[]> _turns = [];

        /// <returns>How many calls there were.</returns>
        public long Take(string line)
        {
            var turn = Array.ConvertAll(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), wait => double.Parse(wait, CultureInfo.InvariantCulture));
            if (turn.Length == 0)
                throw new IOException("No call was answered.");
            Array.Sort(turn);
            _turns.Add(turn);
            return turn.Length;
        }

        public void Clear() => _turns.Clear();

        public Series At(double quantile)
        {
            var series = new Series();
            _turns.ForEach(turn => series.Add(turn[(int)(quantile * (turn.Length - 1))]));
            return series;
        }
    }
}
