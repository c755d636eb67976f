using System.Diagnostics;
using System.Text.Json;
using JsonRpcLite;
using JsonRpcLite.TracedServer;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

// A server with OpenTelemetry's SDK that a test starts in its own process.
//   JsonRpcLite.TracedServer (listener|sockets)
// Prints its address, and runs until its input ends. Then it prints the exported telemetry, on one line.
var spans = new List<Activity>();
var metrics = new List<Metric>();
using var tracing = Sdk.CreateTracerProviderBuilder().AddSource(JsonRpcTelemetry.Name).AddInMemoryExporter(spans).Build();
using var measuring = Sdk.CreateMeterProviderBuilder().AddMeter(JsonRpcTelemetry.Name).AddInMemoryExporter(metrics).Build();

var methods = new JsonRpcMethods()
    .Add("add", (int a, int b) => a + b)
    .Add("note", () => { });
using (var server = JsonRpc.MakeServer(0, methods, new() { Transport = args is ["sockets"] ? new SocketTransport() : new HttpListenerTransport() }))
{
    Console.WriteLine(server.Address);
    await Console.In.ReadToEndAsync();
    await server.StopAsync();
}

tracing.ForceFlush();
measuring.ForceFlush();
Console.WriteLine(JsonSerializer.Serialize(Exported.From(spans, metrics)));
