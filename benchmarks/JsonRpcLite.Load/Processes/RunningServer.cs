using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>A server's process, and the cost of calling it.</summary>
internal sealed class RunningServer : IDisposable
{
    private readonly Child _process;
    private int? _port;

    public RunningServer(Server server, Workload workload, Placement placement = Placement.Free)
    {
        Server = server;
        _process = new Child(server.Title, server.StartInfo(workload, placement));
    }

    public Server Server { get; }

    /// <summary>Waits until it serves.</summary>
    /// <exception cref="IOException">The process has ended instead.</exception>
    public int Port => _port ??= int.Parse(_process.Read(), CultureInfo.InvariantCulture);

    public double Resident => Footprint.Resident(_process.Id);

    public double Peak => Footprint.Peak(_process.Id);

    /// <summary>Measures its usage while it is called.</summary>
    public Sample Measure(Func<long> call)
    {
        // The process can be queried only after it has reported its port.
        _ = Port;
        var before = Usage.Parse(_process.Ask("usage"));
        var calls = call();
        return new Sample(calls, Usage.Parse(_process.Ask("usage")) - before);
    }

    public void Dispose() => _process.Dispose();
}
