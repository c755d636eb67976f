using System.Diagnostics;
using System.Net.Sockets;

namespace JsonRpcLite.Load;

/// <summary>The time from the start of a process to its first correct reply, and its memory then.</summary>
internal sealed class StartPart() : Part("start", "from the start of the process to its first reply, and the memory then and after a load")
{
    private const int Connections = 64;

    private static readonly TimeSpan LoadTime = TimeSpan.FromSeconds(1);

    /// <summary>The approximate time of a start.</summary>
    private static readonly TimeSpan OneStart = TimeSpan.FromSeconds(0.3);

    private static int Rounds(Options options) => options.Rounds * 2;

    /// <summary>The chosen servers.</summary>
    /// <remarks>All of them can subtract.</remarks>
    private static List<Server> Chosen(Options options) => Server.For(Workload.Subtract, options);

    public override TimeSpan Expect(Options options) => Chosen(options).Count * (LoadTime + OneStart * Rounds(options));

    public override Section Run(Options options, Progress progress)
    {
        var servers = Chosen(options);
        if (servers.Count == 0)
            return new Section(Name, "");
        var found = servers.ToDictionary(server => server, _ => (Milliseconds: new Series(), First: new Series(), Loaded: double.NaN));
        var failures = new List<Score>();
        // The first start of each server is not counted, because it reads files that are not cached yet.
        for (var round = 0; round <= Rounds(options); round++)
        {
            foreach (var server in servers.Where(server => failures.All(failed => failed.Title != server.Title)))
            {
                try
                {
                    Start(server, round);
                }
                catch (Exception e) when (e is IOException or TimeoutException or SocketException)
                {
                    failures.Add(new Score(server.Title) { Failure = e.Message });
                }
            }
        }
        var table = new Table("server", "ms to the first reply", "lowest to highest", $"ratio to {servers[0].Title}", "MB resident then",
            $"MB after {LoadTime.TotalSeconds} s over {Connections} connections");
        var measure = found[servers[0]].Milliseconds.Median;
        foreach (var (server, (milliseconds, first, loaded)) in found)
        {
            table.Add([server.Title, Series.Format(milliseconds.Median, "0"), milliseconds.Spread("0"), Series.Format(milliseconds.Median / measure, "0.00"),
                Megabytes(first.Median), Megabytes(loaded)]);
        }
        var how = $"Medians of {Rounds(options)} starts each, in turns, the first call a `subtract`. {FreeOnAllCores}";
        return new Section(Name, $"\n{table}{Failures(failures)}\n{how} Measured {Machine.Description}.\n");

        void Start(Server server, int round)
        {
            var began = Stopwatch.GetTimestamp();
            using var running = new RunningServer(server, Workload.Subtract);
            var asked = server.Asks(Workload.Subtract);
            using (var first = new SocketLoad(running.Port, asked.Request(running.Port, server.Path), new ReplyCheck(asked), count: 1))
                first.Open();
            var milliseconds = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            progress.Say(FormattableString.Invariant($"{Name}: round {round} of {Rounds(options)}, {server.Title}: {milliseconds:0} ms"));
            progress.Spend(OneStart);
            if (round == 0)
                return;
            found[server].Milliseconds.Add(milliseconds);
            found[server].First.Add(running.Resident);
            if (round < Rounds(options))
                return;
            using var load = new RunningLoad(running, Workload.Subtract, Connections);
            load.Take(LoadTime);
            found[server] = found[server] with { Loaded = running.Resident };
            progress.Spend(LoadTime);
        }
    }
}
