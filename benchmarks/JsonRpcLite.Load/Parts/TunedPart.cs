using System.Globalization;
using System.Text;

namespace JsonRpcLite.Load;

/// <summary>The cost of a call for each server if the runtime fully optimizes hot code at once: the best case of one core.</summary>
internal sealed class TunedPart() : Part("tuned", $"the same on one core with {Cores.TunedSetting}, which is not how a user starts a server")
{
    /// <summary>The warm-up is short, because hot code is optimized within the first tenth of a second with this setting.</summary>
    private static TimeSpan WarmUp(Options options) => options.WarmUp / 3;

    public override TimeSpan Expect(Options options) => Cores.CanPin
        ? ServersPart.Workloads.Sum(w => Server.For(w.Workload, options).Count) * (WarmUp(options) + TimeSpan.FromSeconds(options.Rounds * options.Seconds)) : TimeSpan.Zero;

    public override Section Run(Options options, Progress progress)
    {
        if (!Cores.CanPin)
            return new Section(Name, ServersPart.CannotPin);
        var connections = options.Connections ?? 64;
        var text = new StringBuilder();
        foreach (var (workload, title) in ServersPart.Workloads)
        {
            var servers = Server.For(workload, options);
            if (servers.Count == 0)
                continue;
            var results = new SaturatedServers(workload, servers, connections, Placement.Tuned, options, progress).RunTogether($"{Name}, {workload.Name}", WarmUp(options), Slice);
            text.Append(CultureInfo.InvariantCulture, $"\n**With `{Cores.TunedSetting}`: {title}, {connections} connections**\n\n");
            text.Append(CultureInfo.InvariantCulture, $"{SaturatedServers.MakeTable(results)}{Failures(results.Select(result => result.Score))}");
        }
        return new Section(Name, $"{text}\n{Circumstances(options, $"`{Cores.TunedSetting}` is set for every process. The server is on one core, the load on another.")}\n");
    }
}
