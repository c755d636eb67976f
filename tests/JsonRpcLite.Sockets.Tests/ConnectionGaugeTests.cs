using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite.Sockets.Tests;

public sealed class ConnectionGaugeTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public async Task Open_connections_can_be_read_until_the_server_stops(int eventLoops)
    {
        var transport = new SocketTransport { EventLoops = eventLoops };
        var server = JsonRpc.MakeServer(0, x => x, new() { Transport = transport });
        int? open = null;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "JsonRpcLite" && instrument.Name == "jsonrpclite.server.connections")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((_, count, tags, _) =>
        {
            if (tags.ToArray().Contains(new("server.port", server.Address.Port)))
                open = count;
        });
        listener.Start();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Parse(server.Address.Host), server.Address.Port);
        SpinWait.SpinUntil(() => transport.OpenConnections == 1, TimeSpan.FromSeconds(30));

        listener.RecordObservableInstruments();
        open.Should().Be(1);
        await server.StopAsync();
        open = null;
        listener.RecordObservableInstruments();

        open.Should().BeNull();
    }
}
