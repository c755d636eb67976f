using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>
/// The load on one server, in its own process, since each may hold 10,000 connections and a process can have only so many descriptors: opens its connections, says so by
/// a line, and for each line with seconds calls that long and says how often.
/// </summary>
internal static class LoadProcess
{
    public static void Run(int port, string path, string workloadName, int connections)
    {
        var workload = Workload.Named(workloadName);
        using var load = new SocketLoad(port, workload.Request(port, path), new ReplyCheck(workload), connections);
        load.Open();
        Console.WriteLine("open");
        while (Console.ReadLine() is { } seconds)
            Console.WriteLine(load.Run(TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture))));
    }

    /// <summary>The same at a rate, and the answer to each line are the microseconds that each call took.</summary>
    public static void RunPaced(int port, string path, string workloadName, int connections, int rate)
    {
        var workload = Workload.Named(workloadName);
        using var load = new PacedLoad(port, workload.Request(port, path), new ReplyCheck(workload), connections, rate);
        while (Console.ReadLine() is { } seconds)
        {
            var waits = load.Run(TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)));
            Console.WriteLine(string.Join(' ', waits.Select(wait => wait.ToString("0.0", CultureInfo.InvariantCulture))));
        }
    }
}
