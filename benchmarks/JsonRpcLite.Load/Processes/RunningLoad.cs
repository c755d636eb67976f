using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>The process that calls one server over a number of connections, as fast as it answers or at a rate.</summary>
/// <param name="server">The server.</param>
/// <param name="workload">What the server does.</param>
/// <param name="connections">Each has at most one call under way.</param>
/// <param name="rate">Calls a second over all connections; 0 for as many as are answered.</param>
/// <param name="placement">Where the load may run.</param>
internal sealed class RunningLoad(RunningServer server, Workload workload, int connections, int rate = 0, Placement placement = Placement.Free) : IDisposable
{
    private Child? _process;

    /// <summary>What the calls of each turn waited; to be cleared after the warm-up.</summary>
    public Waits Waits { get; } = new();

    /// <summary>The first turn opens the connections too.</summary>
    public Sample Take(TimeSpan time)
    {
        var process = _process ??= Start();
        return server.Measure(() => Waits.Take(LoadSample.Parse(process.Ask(Format(TimeSpan.Zero, time)))));
    }

    /// <summary>Calls without a pause, and measures only what comes after a time.</summary>
    /// <param name="before">How long it calls before it measures.</param>
    /// <param name="time">How long it measures.</param>
    public Sample TakeAfter(TimeSpan before, TimeSpan time)
    {
        // The server compiles the code that answers this question before it is measured.
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
