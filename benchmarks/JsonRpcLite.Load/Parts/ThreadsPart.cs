using System.Diagnostics;
using System.Text;

namespace JsonRpcLite.Load;

/// <summary>Whether calls on several threads slow each other down inside one server, without a transport, in this process.</summary>
internal sealed class ThreadsPart()
    : Part("threads", "what a call costs inside one server on one thread and on two at a time, without a transport: what they share makes it dearer")
{
    /// <summary>The number of calls between two readings of the clock.</summary>
    private const int CallsAtOnce = 1000;

    private static readonly byte[] Request = Encoding.UTF8.GetBytes("""{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}""");

    public override TimeSpan Expect(Options options) => 4 * (options.WarmUp + TimeSpan.FromSeconds(options.Rounds * options.Seconds));

    public override Section Run(Options options, Progress progress)
    {
        var (subtract, fixedReply) = (new MemoryTransport(), new MemoryTransport());
        using var methods = JsonRpc.MakeServer(0, new JsonRpcMethods().Add("subtract", (int minuend, int subtrahend) => minuend - subtrahend), new() { Transport = subtract });
        using var raw = JsonRpc.MakeServer(0, ReplyAtOnce, new() { Transport = fixedReply });
        var contest = new Contest(Name,
        [
            new Entrant("`subtract`, one thread", time => Take(subtract, threads: 1, time)),
            new Entrant("`subtract`, two threads", time => Take(subtract, threads: 2, time)),
            new Entrant("a fixed reply, one thread", time => Take(fixedReply, threads: 1, time)),
            new Entrant("a fixed reply, two threads", time => Take(fixedReply, threads: 2, time)),
        ], progress);
        contest.WarmUp(options.WarmUp);
        var scores = contest.Run(options.Rounds, options.Seconds, Slice);
        var table = new Table("call", "CPU ns", "lowest to highest, us", "calls of two threads, times those of one");
        for (var i = 0; i < scores.Count; i += 2)
        {
            var (one, two) = (scores[i].Microseconds.Median, scores[i + 1].Microseconds.Median);
            table.Add([scores[i].Title, Series.Format(one * 1000, "0"), scores[i].Microseconds.Spread("0.00"), ""]);
            table.Add([scores[i + 1].Title, Series.Format(two * 1000, "0"), scores[i + 1].Microseconds.Spread("0.00"), Series.Format(2 * one / two, "0.00")]);
        }
        return new Section(Name, $"\n{table}\n{Circumstances(options, "The last column follows from the CPU of a call: it holds where each thread has a core.")}\n");
    }

    private static ValueTask ReplyAtOnce(HttpExchange exchange, CancellationToken cancellationToken)
    {
        Request.CopyTo(exchange.ResponseBody.GetSpan(Request.Length));
        exchange.ResponseBody.Advance(Request.Length);
        return default;
    }

    private static Sample Take(MemoryTransport transport, int threads, TimeSpan time)
    {
        var before = Usage.OfThisProcess();
        var calls = 0L;
        var running = Enumerable.Range(0, threads).Select(_ => new Thread(() => Interlocked.Add(ref calls, Call(transport.Context, time)))).ToArray();
        Array.ForEach(running, thread => thread.Start());
        Array.ForEach(running, thread => thread.Join());
        return new Sample(calls, Usage.OfThisProcess() - before);
    }

    private static long Call(ServerTransportContext context, TimeSpan time)
    {
        var exchange = new MemoryExchange(context);
        var (calls, began) = (0L, Stopwatch.GetTimestamp());
        do
        {
            for (var i = 0; i < CallsAtOnce; i++)
                exchange.Call(Request);
            calls += CallsAtOnce;
        }
        while (Stopwatch.GetElapsedTime(began) < time);
        return calls;
    }
}
