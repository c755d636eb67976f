using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace JsonRpcLite;

/// <summary>The gauges of running servers: calls in flight, and the memory of bodies being received.</summary>
/// <remarks>All servers of a process share the instruments.</remarks>
internal sealed class ServerGauges : IDisposable
{
    private static readonly ConcurrentDictionary<ServerGauges, byte> Running = [];

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
        Running.TryAdd(this, 0);
    }

    public void Dispose() => Running.TryRemove(this, out _);

    private static List<Measurement<T>> Read<T>(Func<ServerGauges, T> read)
        where T : struct => [.. Running.Keys.Select(server => new Measurement<T>(read(server), server._tags))];
}
