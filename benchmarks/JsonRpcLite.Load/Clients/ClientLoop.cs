using System.Diagnostics;
using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>A measured client, in its own process.</summary>
/// <remarks>
/// The peers compile it, too. For each line with a port, a number of concurrent calls and a time in seconds, it calls for that time, and answers with a <see cref="LoadSample"/>
/// and its <see cref="Usage"/>.
/// </remarks>
internal static class ClientLoop
{
    /// <param name="isAsync">Whether calls wait without a thread; otherwise each caller has a thread.</param>
    /// <param name="make">Takes the address and returns the function that makes one call. Synchronous calls return a completed task.</param>
    /// <param name="isRight">Checks a reply.</param>
    public static async Task RunAsync<T>(bool isAsync, Func<Uri, Func<Task<T>>> make, Func<T, bool> isRight)
    {
        Func<Task<T>>? call = null;
        // The waits of each caller; reused, and large enough that their allocations are not measured.
        List<double>[] waits = [];
        while (Console.ReadLine() is { } line)
        {
            var parts = line.Split(' ');
            call ??= make(new Uri($"http://127.0.0.1:{parts[0]}/"));
            var atOnce = int.Parse(parts[1], CultureInfo.InvariantCulture);
            if (waits.Length != atOnce)
                waits = [.. Enumerable.Range(0, atOnce).Select(_ => new List<double>(capacity: 256 * 1024 / atOnce))];
            Array.ForEach(waits, mine => mine.Clear());
            var time = TimeSpan.FromSeconds(double.Parse(parts[2], CultureInfo.InvariantCulture));

            var before = Usage.OfThisProcess();
            var began = Stopwatch.GetTimestamp();
            await Task.WhenAll(waits.Select(mine => isAsync ? LoopAsync(mine) : Task.Factory.StartNew(
                () => LoopAsync(mine).GetAwaiter().GetResult(), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            var used = Usage.OfThisProcess() - before;
            Console.WriteLine($"{LoadSample.Of(Stopwatch.GetElapsedTime(began), [.. waits.SelectMany(mine => mine)])} {used}");

            async Task LoopAsync(List<double> mine)
            {
                for (var now = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began, now) < time;)
                {
                    var reply = await call();
                    if (!isRight(reply))
                        throw new IOException($"A wrong reply: {reply}");
                    var then = Stopwatch.GetTimestamp();
                    mine.Add(Stopwatch.GetElapsedTime(now, then).TotalMicroseconds);
                    now = then;
                }
            }
        }
    }
}
