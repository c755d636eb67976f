using System.Globalization;
using System.Text;

namespace JsonRpcLite.Load;

/// <summary>The cost of a call, the throughput and the waits for each server with default settings: on all cores, then on one.</summary>
internal sealed class ServersPart()
    : Part("servers", "what a call costs each server with default settings, over 64 connections, on all cores and on one: CPU, throughput, latency, bytes, memory")
{
    public const string CannotPin = "\nNot measured: processes cannot be kept on one core here.\n";

    public static readonly IReadOnlyList<(Workload Workload, string Title)> Workloads =
        [(Workload.Echo, "echo of a 52-byte object through a DOM"), (Workload.Subtract, "JSON-RPC `subtract`")];

    /// <summary>The servers that are measured on one core unless others are requested, because a slice takes seconds there.</summary>
    private static readonly string[] OnOneCoreByDefault = ["kestrel", "minimal", "sockets", "mapjsonrpc"];

    public override TimeSpan Expect(Options options) =>
        Workloads.Sum(w => Server.For(w.Workload, options).Count) * (options.WarmUp + TimeSpan.FromSeconds(options.Rounds * options.Seconds))
        + Workloads.Sum(w => OnOneCore(w.Workload, options).Count) * options.Rounds * (options.Saturation + TimeSpan.FromSeconds(1));

    public override Section Run(Options options, Progress progress)
    {
        var connections = options.Connections ?? 64;
        var subtitle = FormattableString.Invariant($"default settings, {connections} connections, medians of {options.Rounds} rounds in turns; less is better");
        var chart = new Chart("CPU time of a call on the server", subtitle, Machine.Description, "microseconds of CPU per call, user and system");
        var (free, pinned, text) = (new Group(), new Group(), new StringBuilder());
        foreach (var (workload, title) in Workloads)
        {
            var servers = Server.For(workload, options);
            if (servers.Count == 0)
                continue;
            var results = new SaturatedServers(workload, servers, connections, Placement.Free, options, progress).RunTogether($"{Name}, {workload.Name}", options.WarmUp, Slice);
            Append(workload, free, results, $"Default settings, all cores: {title}, {connections} connections");
            chart.Add(
                title.Replace("`", "", StringComparison.Ordinal), results.Select(result => (result.Server.Title, result.Score.Microseconds.Median, result.Server.IsOurs)));
        }
        var onAll = Circumstances(options, FreeOnAllCores);
        text.Append(CultureInfo.InvariantCulture, $"\n{onAll}\n");
        foreach (var (workload, title) in Workloads)
        {
            var servers = OnOneCore(workload, options);
            if (servers.Count == 0)
                continue;
            var results = new SaturatedServers(workload, servers, connections, Placement.OneCore, options, progress).RunFromTheStart($"{Name} on one core, {workload.Name}");
            Append(workload, pinned, results, $"Default settings, one core, saturated from the first second: {title}, {connections} connections");
        }
        var onOne = Cores.CanPin ? DescribeOneCore(options) : CannotPin;
        text.Append(onOne);
        return new Section(Name, text.ToString())
        {
            Chart = chart,
            Summary = $"**Default settings, all cores**\n\n{Summarize(free)}\n{onAll}\n\n"
                + $"**Default settings, one core, saturated from the first second**\n\n{Summarize(pinned)}{onOne}",
        };

        void Append(Workload workload, Group group, List<SaturatedServers.Result> results, string title)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n**{title}**\n\n{SaturatedServers.MakeTable(results)}{Failures(results.Select(result => result.Score))}");
            foreach (var result in results)
            {
                group.TryAdd(result.Server, []);
                group[result.Server].Add(workload, (result, result.Score.RatioTo(results[0].Score)));
            }
        }
    }

    private static string DescribeOneCore(Options options)
    {
        var turns = string.Create(CultureInfo.InvariantCulture, $"Medians of {options.Rounds} starts of each server, in turns. The server has one core, the load another.");
        var time = string.Create(CultureInfo.InvariantCulture, $"Each is measured for 1 s after {options.Saturation.TotalSeconds} s of calls without a pause.");
        return $"\n{turns} {time} Measured {Machine.Description}.\n";
    }

    private static List<Server> OnOneCore(Workload workload, Options options) => !Cores.CanPin ? []
        : [.. Server.For(workload, options).Where(server => options.Chooses || OnOneCoreByDefault.Contains(server.Name))];

    private static Table Summarize(Group all)
    {
        var table = new Table(
            ["server", .. Workloads.SelectMany(w => new[] { $"{w.Title}: CPU us a call", "ratio", "calls a second", "median and 99th percentile of waits, us" })]);
        foreach (var (server, found) in all)
            table.Add([server.Title, .. Workloads.SelectMany(w => found.TryGetValue(w.Workload, out var one) ? Cells(one.Result, one.Ratio) : ["-", "-", "-", "-"])]);
        return table;
    }

    private static string[] Cells(SaturatedServers.Result result, string ratio) =>
        [Series.Format(result.Score.Microseconds.Median, "0.0"), ratio, Series.Format(result.Waits.Rate.Median, "N0"),
            $"{Series.Format(result.Waits.Median.Median, "0")}, {Series.Format(result.Waits.High.Median, "0")}"];

    /// <summary>The results of each server in one placement.</summary>
    private sealed class Group : Dictionary<Server, Dictionary<Workload, (SaturatedServers.Result Result, string Ratio)>>;
}
