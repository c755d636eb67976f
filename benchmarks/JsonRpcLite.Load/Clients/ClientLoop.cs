using System.Diagnostics;
using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>
/// A client that is measured, in its own process: for each line with a port, a number of calls at once and a time in seconds, it calls that long, and answers with
/// a <see cref="LoadSample"/> and its <see cref="Usage"/>. The peers compile it too.
/// </summary>
internal static class ClientLoop
{
    /// <param name="isAsync">Whether calls wait without a thread; else each caller has a thread.</param>
    /// <param name="make">Takes the address and returns what makes one call. Synchronous calls return a finished task.</param>
    /// <param name="isRight">Checks a reply.</param>
    public static async Task RunAsync<T>(bool isAsync, Func<Uri, Func<Task<T>>> make, Func<T, bool> isRight)
    {
        Func<Task<T>>? call = null;
        // Of each caller; kept, and large enough, so that no allocation of theirs is measured.
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
