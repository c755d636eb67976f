using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>
/// The load on one server, in its own process, since each may hold 10,000 connections and a process can have only so many descriptors: opens its connections, says so by
/// a line, and for each line with two numbers of seconds calls that long. It counts after the first of them, which it says by a line when it is not 0, and answers
/// with a <see cref="LoadSample"/>.
/// </summary>
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
