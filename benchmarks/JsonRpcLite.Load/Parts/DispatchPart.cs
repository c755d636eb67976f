using System.Diagnostics;
using System.Globalization;
using JsonRpcLite.Benchmarks;

namespace JsonRpcLite.Load;

/// <summary>The cost of a call inside a server, without a transport, in this process.</summary>
internal sealed class DispatchPart()
    : Part("dispatch", "what a call costs inside the server, from the bytes of the request to those of the reply, without a transport: time, bytes")
{
    /// <summary>The number of calls between two readings of the clock.</summary>
    private const int CallsAtOnce = 1000;

    public override TimeSpan Expect(Options options) => new DispatchCalls().All.Count * (WarmUp(options) + TimeSpan.FromSeconds(options.Rounds * options.Seconds));

    public override Section Run(Options options, Progress progress)
    {
        var contest = new Contest(Name, [.. new DispatchCalls().All.Select(call => new Entrant(call.Name, time => Take(call.Call, time)))], progress);
        contest.WarmUp(WarmUp(options));
        var scores = contest.Run(options.Rounds, options.Seconds, Slice / 10);
        var table = new Table("call of `subtract`", "ns", "lowest to highest", $"times {scores[0].Title}", "bytes allocated");
        foreach (var score in scores)
        {
            table.Add([score.Title, Series.Format(score.Microseconds.Median * 1000, "0"), score.Microseconds.Spread("0.00"), score.RatioTo(scores[0]),
                Math.Round(score.Bytes.Median).ToString(CultureInfo.InvariantCulture)]);
        }
        return new Section(Name, $"\n{table}\n{Circumstances(options, "One thread; the spread is in us.")}\n");
    }

    private static TimeSpan WarmUp(Options options) => options.WarmUp / 3;

    private static Sample Take(Func<int> call, TimeSpan time)
    {
        var (calls, before, began) = (0L, Usage.OfThisProcess(), Stopwatch.GetTimestamp());
        do
        {
            for (var i = 0; i < CallsAtOnce; i++)
                call();
            calls += CallsAtOnce;
        }
        while (Stopwatch.GetElapsedTime(began) < time);
        return new Sample(calls, Usage.OfThisProcess() - before);
    }
}
