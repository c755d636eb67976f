using System.Diagnostics;
using System.Globalization;
using JsonRpcLite.TracedServer;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Telemetry.Tests;

/// <summary>A client here and a server in another process, both with OpenTelemetry's SDK: the telemetry of the two fits together.</summary>
public sealed class TwoProcessesTests : IDisposable
{
    private const string ClientDuration = "rpc.client.call.duration", ServerDuration = "rpc.server.call.duration";

    private readonly List<Activity> _spans = [];
    private readonly List<Metric> _metrics = [];
    private readonly MeterProvider _measuring;
    private TracerProvider? _tracing;

    public TwoProcessesTests() => _measuring = Sdk.CreateMeterProviderBuilder().AddMeter(JsonRpcTelemetry.Name).AddInMemoryExporter(_metrics).Build();

    public void Dispose()
    {
        _tracing?.Dispose();
        _measuring.Dispose();
    }

    [Theory]
    [InlineData("listener", false)]
    [InlineData("listener", true)]
    [InlineData("sockets", false)]
    [InlineData("sockets", true)]
    public async Task A_call_is_one_trace_and_a_metric_of_each(string transport, bool isSynchronous)
    {
        Trace();
        using var server = await TracedServerProcess.StartAsync(transport);
        using (var client = MakeClient(server.Address, Options(transport)))
            (isSynchronous ? client.Call<int>("add", new[] { 1, 2 }) : await client.CallAsync<int>("add", new[] { 1, 2 })).Should().Be(3);

        var (theirs, ours) = (await server.EndAsync(), Export());

        var (callee, caller) = (theirs.Spans.Should().ContainSingle().Subject, ours.Spans.Should().ContainSingle().Subject);
        (caller.Kind, caller.Name, caller.ParentId).Should().Be(("Client", "add", ExportedSpan.NoParent));
        (callee.Kind, callee.Name, callee.ParentId, callee.TraceId).Should().Be(("Server", "add", caller.SpanId, caller.TraceId));
        var call = new Dictionary<string, string>
        {
            ["rpc.system.name"] = "jsonrpc",
            ["rpc.method"] = "add",
            ["jsonrpc.protocol.version"] = "2.0",
            ["jsonrpc.request.id"] = "1",
            ["server.address"] = server.Address.Host,
            ["server.port"] = Port(server),
        };
        caller.Attributes.Should().BeEquivalentTo(call);
        callee.Attributes.Should().Contain(call).And.ContainKeys("network.peer.address", "network.peer.port").And.HaveCount(call.Count + 2);
        var called = ours.Points.Should().ContainSingle(p => p.Metric == ClientDuration).Subject;
        (called.Unit, called.Count).Should().Be(("s", 1));
        called.Attributes.Should().Equal(
            new Dictionary<string, string> { ["rpc.system.name"] = "jsonrpc", ["rpc.method"] = "add", ["server.address"] = server.Address.Host, ["server.port"] = Port(server) });
        var served = theirs.Points.Should().ContainSingle(p => p.Metric == ServerDuration).Subject;
        (served.Unit, served.Count).Should().Be(("s", 1));
        served.Attributes.Should().Equal(new Dictionary<string, string> { ["rpc.system.name"] = "jsonrpc", ["rpc.method"] = "add" });
    }

    [Theory]
    [InlineData("listener")]
    [InlineData("sockets")]
    public async Task An_error_has_the_same_type_on_both_sides(string transport)
    {
        Trace();
        using var server = await TracedServerProcess.StartAsync(transport);
        using (var client = MakeClient(server.Address, Options(transport)))
            await client.Invoking(c => c.CallAsync<int>("add", new[] { "one" })).Should().ThrowAsync<JsonRpcException>();

        var (theirs, ours) = (await server.EndAsync(), Export());

        theirs.Spans.Concat(ours.Spans).Should().HaveCount(2)
            .And.OnlyContain(s => s.Status == "Error" && s.Attributes["error.type"] == "-32602" && s.Attributes["rpc.status_code"] == "-32602");
        theirs.Points.Concat(ours.Points).Where(p => p.Metric is ClientDuration or ServerDuration).Should().HaveCount(2)
            .And.OnlyContain(p => p.Attributes["error.type"] == "-32602" && p.Attributes["rpc.status_code"] == "-32602");
    }

    [Theory]
    [InlineData("listener")]
    [InlineData("sockets")]
    public async Task No_span_is_an_orphan_behind_an_instrumented_HttpClient(string transport)
    {
        Trace(builder => builder.AddHttpClientInstrumentation());
        using var server = await TracedServerProcess.StartAsync(transport);
        using (var httpClient = new HttpClient())
        using (var client = MakeClient(server.Address, new() { Transport = new HttpClientTransport(httpClient) { AllowSynchronous = true }, KnownMethods = ["add", "note"] }))
        {
            await client.CallAsync<int>("add", new[] { 1, 2 });
            client.Call<int>("add", new[] { 1, 2 });
            await client.NotifyAsync("note");
            var batch = client.CreateBatch();
            var sums = new[] { batch.CallAsync<int>("add", new[] { 1, 2 }), batch.CallAsync<int>("add", new[] { 3, 4 }) };
            await batch.SendAsync();
            (await Task.WhenAll(sums)).Should().Equal(3, 7);
        }

        var (theirs, ours) = (await server.EndAsync(), Export());

        ours.Spans.Where(s => s.Source == JsonRpcTelemetry.Name).Select(s => s.Name).Should().Equal("add", "add", "note", "jsonrpc");
        theirs.Spans.Should().HaveCount(5, "there are two calls, a notification, and two calls of a batch");
        var all = ours.Spans.Concat(theirs.Spans).ToDictionary(s => s.SpanId);
        foreach (var span in theirs.Spans)
        {
            var http = all.Should().ContainKey(span.ParentId).WhoseValue;
            (http.Source, http.Kind).Should().Be(("System.Net.Http", "Client"));
            var call = all.Should().ContainKey(http.ParentId).WhoseValue;
            (call.Source, call.ParentId).Should().Be((JsonRpcTelemetry.Name, ExportedSpan.NoParent));
            new[] { span.TraceId, http.TraceId }.Should().OnlyContain(trace => trace == call.TraceId);
        }
        ours.Spans.Should().OnlyContain(s => s.ParentId == ExportedSpan.NoParent || all.ContainsKey(s.ParentId));
    }

    private void Trace(Action<TracerProviderBuilder>? more = null)
    {
        var builder = Sdk.CreateTracerProviderBuilder().AddSource(JsonRpcTelemetry.Name).AddInMemoryExporter(_spans);
        more?.Invoke(builder);
        _tracing = builder.Build();
    }

    private Exported Export()
    {
        _tracing!.ForceFlush();
        _measuring.ForceFlush();
        return Exported.From(_spans, _metrics);
    }

    private static JsonRpcClientOptions Options(string transport) =>
        new() { Transport = transport == "sockets" ? new SocketClientTransport() : new HttpClientTransport(), KnownMethods = ["add"] };

    private static string Port(TracedServerProcess server) => server.Address.Port.ToString(CultureInfo.InvariantCulture);
}
