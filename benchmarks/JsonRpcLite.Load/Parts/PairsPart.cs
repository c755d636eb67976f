using System.Globalization;
using System.Text;

namespace JsonRpcLite.Load;

/// <summary>The cost of a <c>subtract</c> for pairs of a server and its own client: the same work with other protocols and encodings.</summary>
internal sealed class PairsPart()
    : Part("pairs", "what a `subtract` costs with each library's own server and client, gRPC among them: CPU of both, throughput, latency")
{
    private static readonly int[] Counts = [1, 64];

    private static readonly Pair[] Pairs =
    [
        new("sockets", "JsonRpcLite on sockets, both sides", () => ThisProgram.Command(usesAspNetCore: false, "process", "pair", "sockets")),
        new("mapjsonrpc", "JsonRpcLite, MapJsonRpc and HttpClient", () => ThisProgram.Command(usesAspNetCore: false, "process", "pair", "httpclient")),
        new("grpc", "Grpc.AspNetCore and Grpc.Net.Client", () => Peers.Command("grpc", "client")),
        new("streamjsonrpc", "StreamJsonRpc over TCP, both sides", () => Peers.Command("streamjsonrpc", "client")),
        new("mcp", "MCP server and client, tools/call", () => Peers.Command("mcp", "client")),
    ];

    public override TimeSpan Expect(Options options) =>
        Chosen(options).Count * Counted(options).Length * (options.WarmUp + TimeSpan.FromSeconds(options.Rounds * options.Seconds));

    public override Section Run(Options options, Progress progress)
    {
        var pairs = Chosen(options);
        var text = new StringBuilder();
        foreach (var count in pairs.Count > 0 ? Counted(options) : [])
            text.Append(CultureInfo.InvariantCulture, $"\n**{(count == 1 ? "One call after another" : $"{count} calls at once")}**\n\n{Compare(pairs, count, options, progress)}");
        return new Section(Name, $"{text}\n{Circumstances(options, "Server and client are free on all cores, with the runtime's default settings.")}\n");
    }

    private static List<Pair> Chosen(Options options) =>
        options.Choose(Pairs.Where(pair => options.Wants(pair.Server) && Server.Named(pair.Server).IsInstalled()), pair => pair.Server);

    private static int[] Counted(Options options) => options.Connections is { } chosen ? [chosen] : Counts;

    private string Compare(List<Pair> pairs, int atOnce, Options options, Progress progress)
    {
        var (running, clients) = (new List<RunningServer>(), new List<Child>());
        try
        {
            running.AddRange(pairs.Select(pair => new RunningServer(Server.Named(pair.Server), Workload.Subtract)));
            clients.AddRange(pairs.Select(pair => new Child($"the client of {pair.Title}", Cores.Start(Placement.Free, Cores.OfTheLoad, pair.Client()))));
            var (waits, used) = (pairs.ConvertAll(_ => new Waits()), pairs.ConvertAll(pair => new Score(pair.Title)));
            var contest = new Contest($"{Name}, {atOnce}", [.. pairs.Select((pair, i) => new Entrant(pair.Title, time => Take(i, time)))], progress);
            contest.WarmUp(options.WarmUp);
            waits.ForEach(wait => wait.Clear());
            used = pairs.ConvertAll(pair => new Score(pair.Title));
            var scores = contest.Run(options.Rounds, options.Seconds, Slice);

            var table = new Table("server and client", "CPU us a call, server", "client", "both", $"ratio to {pairs[0].Title}", "calls a second", "median wait, us",
                "99th percentile, us", "bytes allocated, server", "client");
            var measure = Both(0);
            for (var i = 0; i < pairs.Count; i++)
            {
                table.Add([pairs[i].Title, Series.Format(scores[i].Microseconds.Median, "0.0"), Series.Format(used[i].Microseconds.Median, "0.0"), Series.Format(Both(i), "0.0"),
                    Series.Format(Both(i) / measure, "0.00"), Series.Format(waits[i].Rate.Median, "N0"), Series.Format(waits[i].Median.Median, "0"),
                    Series.Format(waits[i].High.Median, "0"), Series.Format(scores[i].Bytes.Median, "0"), Series.Format(used[i].Bytes.Median, "0")]);
            }
            return $"{table}{Failures(scores)}";

            double Both(int i) => scores[i].Microseconds.Median + used[i].Microseconds.Median;

            Sample Take(int i, TimeSpan time) => running[i].Measure(() =>
            {
                var (sample, usage) = ClientsPart.Ask(clients[i], running[i].Port, atOnce, time);
                used[i].Add(new Sample(sample.Calls, usage));
                return waits[i].Take(sample);
            });
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
            running.ForEach(server => server.Dispose());
        }
    }

    /// <param name="Server">The server's name.</param>
    /// <param name="Title">The title in reports.</param>
    /// <param name="Client">The command that starts its client.</param>
    private sealed record Pair(string Server, string Title, Func<string[]> Client);
}
