using System.Globalization;
using System.Text;

namespace JsonRpcLite.Load;

/// <summary>The cost of a call for each client, against a server that costs almost nothing.</summary>
internal sealed class ClientsPart() : Part("clients", "what a call costs each client, one after another and 64 at once: CPU, wait, bytes")
{
    private static readonly int[] Counts = [1, 64];

    public override TimeSpan Expect(Options options) => Chosen(options).Count * Counted(options).Length * (options.WarmUp + TimeSpan.FromSeconds(options.Rounds * options.Seconds));

    public override Section Run(Options options, Progress progress)
    {
        var clients = Chosen(options);
        var text = new StringBuilder();
        if (clients.Count > 0)
        {
            using var server = new RunningServer(new Server(FixedReplyServer.Name, "a fixed reply"), Workload.Echo);
            foreach (var count in Counted(options))
                text.Append(CultureInfo.InvariantCulture,
                    $"\n**{(count == 1 ? "One call after another" : $"{count} calls at once")}**\n\n{Compare(clients, count, server.Port, options, progress)}");
        }
        return new Section(Name, $"{text}\n{Circumstances(options, $"{FreeOnAllCores} An echo of 52 bytes, against a fixed reply.")}\n");
    }

    /// <summary>Lets a client's process call for a time; see <see cref="ClientLoop"/>.</summary>
    public static (LoadSample Sample, Usage Used) Ask(Child client, int port, int atOnce, TimeSpan time)
    {
        var answer = client.Ask(string.Create(CultureInfo.InvariantCulture, $"{port} {atOnce} {time.TotalSeconds}")).Split(' ');
        return (LoadSample.Parse(string.Join(' ', answer[..4])), Usage.Parse(string.Join(' ', answer[4..])));
    }

    private static List<string> Chosen(Options options) => options.Choose(
        ClientProcess.Clients.Keys.Where(name => name != ClientProcess.Refit || options.Wants(name) && Peers.Has(name)), name => name);

    private static int[] Counted(Options options) => options.Connections is { } chosen ? [chosen] : Counts;

    private string Compare(List<string> clients, int atOnce, int port, Options options, Progress progress)
    {
        var running = new List<Child>();
        try
        {
            running.AddRange(clients.Select(name => new Child(name, Cores.Start(Placement.Free, Cores.OfTheLoad, ClientProcess.Command(name)))));
            var waits = clients.ConvertAll(_ => new Waits());
            var contest = new Contest(
                $"{Name}, {atOnce}", [.. running.Select((client, i) => new Entrant(ClientProcess.Clients[clients[i]].Title, time => Take(client, waits[i], time)))], progress);
            contest.WarmUp(options.WarmUp);
            waits.ForEach(wait => wait.Clear());
            var scores = contest.Run(options.Rounds, options.Seconds, Slice);

            var table = new Table("client", "CPU us a call", "lowest to highest", $"ratio to {scores[0].Title}", "median wait, us", "bytes allocated", "context switches");
            foreach (var (score, wait) in scores.Zip(waits))
            {
                table.Add([score.Title, Series.Format(score.Microseconds.Median, "0.0"), score.Microseconds.Spread("0.0"), score.RatioTo(scores[0]),
                    Series.Format(wait.Median.Median, "0.0"), Series.Format(score.Bytes.Median, "0"), Series.Format(score.Switches.Median, "0.00")]);
            }
            return $"{table}{Failures(scores)}";
        }
        finally
        {
            running.ForEach(client => client.Dispose());
        }

        Sample Take(Child client, Waits waits, TimeSpan time)
        {
            var (sample, used) = Ask(client, port, atOnce, time);
            return new Sample(waits.Take(sample), used);
        }
    }
}
