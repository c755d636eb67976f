using System.Diagnostics;
using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>Each comparison starts its candidates, measures them in turns, and adds a table to the report. The first candidate is the measure.</summary>
internal sealed class Comparison(Options options, Report report)
{
    private static readonly string[] OfConnections = ["kestrel", "sockets", "portable", "listener"];
    private static readonly string[] OfBodies = ["kestrel", "sockets", "listener"];
    private static readonly string[] OfStarts = ["kestrel", "sockets", "listener", "jayson"];

    public void OfServers()
    {
        foreach (var workload in new[] { Workload.Echo, Workload.Subtract })
        {
            string[] all = workload == Workload.Echo
                ? ["kestrel", "minimal", "sockets", "portable", "listener", "bare", "floor"]
                : ["kestrel", "minimal", "sockets", "portable", "listener", OtherServers.Jayson, "floor"];
            var connections = options.Connections ?? 64;
            var title = $"{workload.Name}, {connections} connections";
            WithServers(options.Choose(all), workload, candidates => report.AddServers(title, Measure(title, candidates, connections, workload)));
        }
    }

    public void OfConnectionCounts()
    {
        var counts = options.Connections is { } chosen ? [chosen] : options.IsQuick ? new[] { 1, 1000 } : [1, 64, 1_000, 10_000];
        var rows = new List<string[]>();
        foreach (var count in counts)
        {
            var names = options.Choose(OfConnections);
            var measure = 0.0;
            // A system has a limit on files too: with very many connections the servers are measured one after another.
            foreach (var together in count > 2_000 ? names.Chunk(1) : [names])
            {
                WithServers(together, Workload.Echo, candidates =>
                {
                    var findings = Measure($"echo, {count} connections", candidates, count, Workload.Echo);
                    for (var i = 0; i < findings.Count; i++)
                    {
                        measure = measure == 0 ? findings[i].Microseconds : measure;
                        rows.Add([count.ToString("N0", CultureInfo.InvariantCulture), findings[i].Name, Text(findings[i].Microseconds), Ratio(findings[i].Microseconds / measure), Megabytes(candidates[i].Memory.Now)]);
                    }
                });
            }
        }
        report.Add("Connections", "echo; of 1,000 and 10,000 connections 64 have a call in flight at a time, and all have their turn; with 10,000 the servers do not take turns", ["connections", "server", "CPU us a call", "ratio", "memory"], rows);
    }

    public void OfBodySizes()
    {
        var rows = new List<string[]>();
        foreach (var size in options.IsQuick ? new[] { 100, 10_000, 1_000_000 } : [100, 10_000, 1_000_000, 100_000_000])
        {
            // New processes for each size: the most that one ever held is the largest size's.
            WithServers(options.Choose(OfBodies), Workload.Echo, candidates =>
            {
                var isLarge = size > 10_000_000;
                var before = candidates.Select(c => c.Memory.Most).ToArray();
                var loads = candidates.ToDictionary(c => c, c => new BodyLoad(c.ReadPort(), size));
                var findings = Rounds.Run($"bodies of {size:N0} bytes", candidates, isLarge ? options with { Rounds = 3, Seconds = 0.2, WarmUp = 0 } : options with { WarmUp = Math.Min(options.WarmUp, 1) }, (candidate, time) =>
                {
                    var used = candidate.AskUsage();
                    var calls = loads[candidate].Run(time);
                    return (calls, candidate.AskUsage() - used);
                });
                for (var i = 0; i < findings.Count; i++)
                {
                    rows.Add([size.ToString("N0", CultureInfo.InvariantCulture), findings[i].Name, Text(findings[i].Microseconds), Ratio(findings[i].Microseconds / findings[0].Microseconds),
                        isLarge ? Ratio((candidates[i].Memory.Most - before[i]) / (double)size) : ""]);
                    loads[candidates[i]].Dispose();
                }
            });
        }
        report.Add("Bodies", "echo of one JSON text, one call after another on one connection; memory is the most the process ever held above what it began with, in bodies", ["bytes", "server", "CPU us a call", "ratio", "memory in bodies"], rows);
    }

    public void OfStarting()
    {
        const int times = 7;
        var rows = new List<string[]>();
        foreach (var name in options.Choose(OfStarts))
        {
            var (milliseconds, memory) = (new List<double>(), new List<double>());
            for (var i = 0; i < times; i++)
            {
                Progress.Say($"starts: {name}, {i + 1} of {times}");
                var workload = name == OtherServers.Jayson ? Workload.Subtract : Workload.Echo;
                var began = Stopwatch.GetTimestamp();
                using var candidate = Candidate.Server(name, workload);
                if (candidate is null)
                    break;
                using var load = new SocketLoad(candidate.ReadPort(), 1, workload);
                load.Run(TimeSpan.Zero);
                milliseconds.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                memory.Add(candidate.Memory.Now);
            }
            if (milliseconds.Count > 0)
                rows.Add([name, $"{Finding.Median(milliseconds):0} ({milliseconds.Min():0} to {milliseconds.Max():0})", Megabytes((long)Finding.Median(memory))]);
        }
        report.Add("Starting", $"from the start of the process to its first reply, median of {times}; memory right after that", ["server", "ms", "memory"], rows);
    }

    public void OfClients()
    {
        using var server = Candidate.Server("floor", Workload.Echo)!;
        var port = server.Read();
        foreach (var atOnce in options.Connections is { } chosen ? [chosen] : new[] { 1, 64 })
        {
            var candidates = options.Choose(ClientProcess.Clients.Keys).Select(Candidate.Client).ToList();
            try
            {
                var title = atOnce == 1 ? "client, one call after another" : $"client, {atOnce} calls at once";
                report.AddClients(title, Rounds.Run(title, candidates, options, (candidate, time) =>
                {
                    var answer = candidate.Ask(string.Create(CultureInfo.InvariantCulture, $"{port} {atOnce} {time.TotalSeconds}")).Split(' ', 2);
                    return (long.Parse(answer[0], CultureInfo.InvariantCulture), Usage.Parse(answer[1]));
                }));
            }
            finally
            {
                candidates.ForEach(c => c.Dispose());
            }
        }
    }

    private List<Finding> Measure(string title, IReadOnlyList<Candidate> candidates, int connections, Workload workload)
    {
        var loads = candidates.ToDictionary(c => c, c => new SocketLoad(c.ReadPort(), connections, workload));
        var findings = Rounds.Run(title, candidates, options, (candidate, time) =>
        {
            var before = candidate.AskUsage();
            var calls = loads[candidate].Run(time);
            return (calls, candidate.AskUsage() - before);
        });
        foreach (var load in loads.Values)
            load.Dispose();
        return findings;
    }

    private static void WithServers(string[] names, Workload workload, Action<IReadOnlyList<Candidate>> action)
    {
        var candidates = new List<Candidate>();
        try
        {
            foreach (var name in names)
            {
                if (Candidate.Server(name, workload) is { } candidate)
                    candidates.Add(candidate);
            }
            action(candidates);
        }
        finally
        {
            candidates.ForEach(c => c.Dispose());
        }
    }

    private static string Text(double microseconds) => microseconds.ToString(microseconds < 1000 ? "0.0" : "N0", CultureInfo.InvariantCulture);

    private static string Ratio(double ratio) => ratio.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0} MB");
}
