using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace JsonRpcLite;

/// <summary>The number of connections of all running transports of the process, as a metric of the library's meter.</summary>
internal sealed class ConnectionGauge : IDisposable
{
    private static readonly Meter Meter = new(new MeterOptions(JsonRpcTelemetry.Name) { TelemetrySchemaUrl = JsonRpcTelemetry.SchemaUrl });
    private static readonly ConcurrentDictionary<ConnectionGauge, byte> Running = [];

    private readonly ConnectionTable _connections;
    private readonly KeyValuePair<string, object?>[] _tags;

    static ConnectionGauge() =>
        Meter.CreateObservableUpDownCounter("jsonrpclite.server.connections", static () => Running.Keys.Select(gauge => new Measurement<int>(gauge._connections.Count, gauge._tags))
            .ToList(), "{connection}", "Open connections.");

    /// <param name="connections">The connections of a transport.</param>
    /// <param name="address">The address on which the transport listens.</param>
    public ConnectionGauge(ConnectionTable connections, Uri address)
    {
        _connections = connections;
        _tags = [new("server.address", address.Host), new("server.port", address.Port)];
        Running.TryAdd(this, 0);
    }

    public void Dispose() => Running.TryRemove(this, out _);
}
