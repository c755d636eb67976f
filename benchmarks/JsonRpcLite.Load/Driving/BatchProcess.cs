using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace JsonRpcLite.Load;

/// <summary>Sends batches to a server in its own process, without a transport.</summary>
/// <remarks>For each line with a number of seconds, it sends batches for that time, and answers with their number, the time of each, and their usage.</remarks>
internal static class BatchProcess
{
    /// <param name="calls">The number of calls in a batch.</param>
    /// <param name="callTime">The time for which each call keeps its thread busy, in microseconds; 0 for a <c>subtract</c>.</param>
    /// <param name="parallelism">The number of concurrent calls; 0 for the default.</param>
    public static void Run(int calls, int callTime, int parallelism)
    {
        var transport = new MemoryTransport();
        var options = new JsonRpcServerOptions { Transport = transport };
        if (parallelism != 0)
            options.Protocol.MaxBatchParallelism = parallelism;
        using var server = JsonRpc.MakeServer(0, new JsonRpcMethods().Add("subtract", (int minuend, int subtrahend) => minuend - subtrahend).Add("work", Work), options);
        var call = callTime == 0 ? """{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}""" : $$"""{"jsonrpc":"2.0","method":"work","params":[{{callTime}}],"id":1}""";
        var request = Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat(call, calls))}]");
        var exchange = new MemoryExchange(transport.Context);
        while (Console.ReadLine() is { } seconds)
        {
            var time = TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture));
            var (before, began, batches) = (Usage.OfThisProcess(), Stopwatch.GetTimestamp(), 0L);
            do
            {
                exchange.Call(request);
                batches++;
            }
            while (Stopwatch.GetElapsedTime(began) < time);
            var wait = Stopwatch.GetElapsedTime(began).TotalMicroseconds / batches;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{batches} {wait} {Usage.OfThisProcess() - before}"));
        }
    }

    private static int Work(int microseconds)
    {
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began).TotalMicroseconds < microseconds)
            Thread.SpinWait(10);
        return 1;
    }
}
