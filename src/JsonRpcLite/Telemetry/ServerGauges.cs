using System.Diagnostics.Metrics;

namespace JsonRpcLite;

/// <summary>The gauges of running servers: calls in flight, and the memory of bodies being received.</summary>
/// <remarks>All servers of a process share the instruments.</remarks>
internal sealed class ServerGauges : IDisposable
{
    private static readonly HashSet<ServerGauges> Running = [];
    private static readonly Lock RunningLock = new();

    private readonly Func<int> _activeCalls;
    private readonly Func<long> _bodyMemory;
    private KeyValuePair<string, object?>[] _tags = [];

    static ServerGauges()
    {
        RpcTelemetry.Meter.CreateObservableUpDownCounter("jsonrpclite.server.active_calls", () => Read(server => server._activeCalls()), "{call}", "Running functions.");
        RpcTelemetry.Meter.CreateObservableUpDownCounter(
            "jsonrpclite.server.body_memory", () => Read(server => server._bodyMemory()), "By", "Memory of request bodies that are being received.");
    }

    public ServerGauges(Func<int> activeCalls, Func<long> bodyMemory) => (_activeCalls, _bodyMemory) = (activeCalls, bodyMemory);

    /// <summary>Adds the server to the instruments after it has started.</summary>
    public void Start(Uri address)
    {
        _tags = [new(RpcTelemetry.ServerAddress, address.Host), new(RpcTelemetry.ServerPort, address.Port)];
        lock (RunningLock)
            Running.Add(this);
    }

    public void Dispose()
    {
        lock (RunningLock)
            Running.Remove(this);
    }

    private static List<Measurement<T>> Read<T>(Func<ServerGauges, T> read)
        where T : struct
    {
        lock (RunningLock)
            return [.. Running.Select(server => new Measurement<T>(read(server), server._tags))];
    }
}
