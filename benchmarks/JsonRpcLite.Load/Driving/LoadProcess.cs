using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>The load on one server, in its own process.</summary>
/// <remarks>
/// It needs its own process because it may hold 10,000 connections, and descriptors are limited per process. It opens its connections and reports that by a line. For each line
/// with two numbers of seconds it calls for the sum of these times, and counts after the first one, which it reports by a line if that time is not 0. It answers with a
/// <see cref="LoadSample"/>.
/// </remarks>
internal static class LoadProcess
{
    public static void Run(int port, string path, string workloadName, int connections, int rate)
    {
        var workload = Workload.Named(workloadName);
        var (request, check) = (workload.Request(port, path), new ReplyCheck(workload));
        if (rate == 0)
        {
            using var load = new SocketLoad(port, request, check, connections);
            load.Open();
            Answer((before, time) => load.Run(before, time, () => Console.WriteLine("counting")));
        }
        else
        {
            using var load = new PacedLoad(port, request, check, connections, rate);
            Answer((_, time) => load.Run(time));
        }
    }

    private static void Answer(Func<TimeSpan, TimeSpan, LoadSample> run)
    {
        Console.WriteLine("open");
        while (Console.ReadLine() is { } line)
        {
            var seconds = Array.ConvertAll(line.Split(' '), part => TimeSpan.FromSeconds(double.Parse(part, CultureInfo.InvariantCulture)));
            Console.WriteLine(run(seconds[0], seconds[1]));
        }
    }
}
