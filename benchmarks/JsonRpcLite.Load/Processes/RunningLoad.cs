using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>The process that calls one server over a number of connections, as fast as possible or at a rate.</summary>
/// <param name="server">The server.</param>
/// <param name="workload">The workload.</param>
/// <param name="connections">The number of connections, each with at most one call in flight.</param>
/// <param name="rate">The calls per second over all connections; 0 for as many as possible.</param>
/// <param name="placement">The placement of the load.</param>
internal sealed class RunningLoad(RunningServer server, Workload workload, int connections, int rate = 0, Placement placement = Placement.Free) : IDisposable
{
    private Child? _process;

    /// <summary>The waits of the calls of each slice; cleared after the warm-up.</summary>
    public Waits Waits { get; } = new();

    /// <summary>Calls for a time.</summary>
    /// <remarks>The first slice also opens the connections.</remarks>
    public Sample Take(TimeSpan time)
    {
        var process = _process ??= Start();
        return server.Measure(() => Waits.Take(LoadSample.Parse(process.Ask(Format(TimeSpan.Zero, time)))));
    }

    /// <summary>Calls without a pause, and measures only after a time.</summary>
    /// <param name="before">The time of calls before it measures.</param>
    /// <param name="time">The time for which it measures.</param>
    public Sample TakeAfter(TimeSpan before, TimeSpan time)
    {
        // The server compiles the code that answers this query before it is measured.
        server.Measure(() => 0);
        var process = _process ??= Start();
        process.Ask(Format(before, time));
        return server.Measure(() => Waits.Take(LoadSample.Parse(process.Read())));
    }

    public void Dispose() => _process?.Dispose();

    private static string Format(TimeSpan before, TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{before.TotalSeconds} {time.TotalSeconds}");

    private Child Start()
    {
        var arguments = FormattableString.Invariant($"{server.Port} {server.Server.Path} {server.Server.Asks(workload).Name} {connections} {rate}").Split(' ');
        var command = ThisProgram.Command(usesAspNetCore: false, ["process", "load", .. arguments]);
        var process = new Child($"the load on {server.Server.Title}", Cores.Start(placement, Cores.OfTheLoad, command));
        process.Read();
        return process;
    }
}
