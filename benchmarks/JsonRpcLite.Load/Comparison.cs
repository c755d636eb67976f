using System.Diagnostics;
using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>Lets each candidate take its turn, round after round, and prints the medians as a Markdown table. The first candidate is the measure.</summary>
internal static class Comparison
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    /// <summary>A round is cut into slices, and each candidate gets every n-th: what else goes on in the machine then meets all of them alike.</summary>
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(0.2);

    public static void OfServers(Options options)
    {
        var connections = options.Connections ?? 64;
        var candidates = options.Choose(ServerProcess.Servers.Keys).Select(name => new Candidate(name, Cores.OfTheServer, "server")).ToList();
        try
        {
            var ports = candidates.ToDictionary(c => c, c => int.Parse(c.Read(), CultureInfo.InvariantCulture));
            var loads = candidates.ToDictionary(c => c, c => new SocketLoad(ports[c], connections));
            Compare(candidates, options, $"server, {connections} connections", (candidate, time) =>
            {
                var before = Usage.Parse(candidate.Ask("usage"));
                var calls = loads[candidate].Run(time);
                return (calls, Usage.Parse(candidate.Ask("usage")) - before);
            });
        }
        finally
        {
            candidates.ForEach(c => c.Dispose());
        }
    }

    public static void OfClients(Options options)
    {
        using var server = new Candidate(FixedReplyServer.Name, Cores.OfTheServer, "server");
        var port = server.Read();
        foreach (var atOnce in options.Connections is { } chosen ? [chosen] : new[] { 1, 64 })
        {
            var candidates = options.Choose(ClientProcess.Clients.Keys).Select(name => new Candidate(name, Cores.OfTheLoad, "client")).ToList();
            try
            {
                Compare(candidates, options, atOnce == 1 ? "client, one call after another" : $"client, {atOnce} calls at once", (candidate, time) =>
                {
                    var answer = candidate.Ask(string.Create(CultureInfo.InvariantCulture, $"{port} {atOnce} {time.TotalSeconds}")).Split(' ', 2);
                    return (long.Parse(answer[0], CultureInfo.InvariantCulture), Usage.Parse(answer[1]));
                });
            }
            finally
            {
                candidates.ForEach(c => c.Dispose());
            }
        }
    }

    private static void Compare(List<Candidate> candidates, Options options, string title, Func<Candidate, TimeSpan, (long Calls, Usage Used)> turn)
    {
        foreach (var candidate in candidates)
        {
            Console.Error.WriteLine($"{title}: warming up {candidate.Name}");
            turn(candidate, WarmUp);
        }
        for (var round = 1; round <= options.Rounds; round++)
        {
            var sums = candidates.ToDictionary(c => c, _ => (Calls: 0L, Used: default(Usage)));
            for (var spent = TimeSpan.Zero; spent.TotalSeconds < options.Seconds; spent += Slice)
            {
                foreach (var candidate in candidates)
                {
                    var (calls, used) = turn(candidate, Slice);
                    sums[candidate] = (sums[candidate].Calls + calls, sums[candidate].Used + used);
                }
            }
            foreach (var (candidate, (calls, used)) in sums)
            {
                candidate.Microseconds.Add(used.Microseconds / calls);
                candidate.Bytes.Add((double)used.Bytes / calls);
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{title}: round {round} of {options.Rounds}, {candidate.Name}: {calls} calls, {used.Microseconds / calls:0.00} us, {used.Bytes / calls} B"));
            }
        }

        var measure = candidates[0];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\n| {title} | CPU us a call (lowest to highest of {options.Rounds}) | ratio | bytes a call | more |"));
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var candidate in candidates)
        {
            var (time, bytes) = (Median(candidate.Microseconds), Median(candidate.Bytes));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {candidate.Name} | {time:0.0} ({candidate.Microseconds.Min():0.0} to {candidate.Microseconds.Max():0.0}) | {time / Median(measure.Microseconds):0.00} | {bytes:0} | {bytes - Median(measure.Bytes):+0;-0;0} |"));
        }
    }

    private static double Median(List<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>A process that is measured, and what was found.</summary>
    private sealed class Candidate : IDisposable
    {
        private readonly Process _process;

        public Candidate(string name, int core, string kind)
        {
            Name = name;
            _process = Process.Start(Cores.StartOn(core, "process", kind, name))!;
        }

        public string Name { get; }

        public List<double> Microseconds { get; } = [];

        public List<double> Bytes { get; } = [];

        public string Ask(string question)
        {
            _process.StandardInput.WriteLine(question);
            return Read();
        }

        public string Read() => _process.StandardOutput.ReadLine() ?? throw new IOException($"The process of '{Name}' has ended.");

        /// <summary>It ends when nothing more can be asked.</summary>
        public void Dispose()
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(TimeSpan.FromSeconds(5)))
                _process.Kill(entireProcessTree: true);
            _process.Dispose();
        }
    }
}
