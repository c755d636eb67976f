using System.Diagnostics.Metrics;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Tests;

public sealed class ServerGaugesTests
{
    [Fact]
    public void A_server_is_read_while_it_runs_and_one_that_could_not_start_never_is()
    {
        List<int?> ports = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "jsonrpclite.server.active_calls")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((_, _, tags, _) => ports.Add((int?)tags.ToArray().FirstOrDefault(tag => tag.Key == "server.port").Value));
        listener.Start();

        FluentActions.Invoking(() => MakeServer(0, x => x, new JsonRpcServerOptions { Transport = new InMemoryTransport() }.Use(_ => throw new FormatException())))
            .Should().Throw<FormatException>();
        var server = MakeServer(0, x => x);
        listener.RecordObservableInstruments();
        ports.Should().Contain(server.Address.Port);
        var mine = server.Address.Port;
        server.Dispose();
        ports.Clear();
        listener.RecordObservableInstruments();

        ports.Should().NotContain(mine).And.NotContainNulls("each that is read has started");
    }
}
