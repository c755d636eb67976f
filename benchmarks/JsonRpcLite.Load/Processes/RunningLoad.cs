using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>The process that calls one server over a number of connections.</summary>
internal sealed class RunningLoad(RunningServer server, Workload workload, int connections) : IDisposable
{
    private Child? _process;

    /// <summary>The first turn opens the connections too.</summary>
    public Turn Take(TimeSpan time)
    {
        var process = _process ??= Start();
        return server.Measure(() => long.Parse(process.Ask(time.TotalSeconds.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture));
    }

    public void Dispose() => _process?.Dispose();

    private Child Start()
    {
        var process = new Child($"the load on {server.Server.Title}", ThisProgram.StartOn(Cores.OfTheLoad, usesAspNetCore: false, "process", "load",
            server.Port.ToString(CultureInfo.InvariantCulture), server.Server.Path, workload.Name, connections.ToString(CultureInfo.InvariantCulture)));
        process.Read();
        return process;
    }
}
