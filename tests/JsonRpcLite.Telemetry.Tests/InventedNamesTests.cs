using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using JsonRpcLite.TracedServer;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Telemetry.Tests;

/// <summary>A client that invents names or error codes creates a limited number of series of each metric, and costs no memory.</summary>
public sealed class InventedNamesTests : IDisposable
{
    private const int Names = 10_000, CallsInBatch = 100;

    /// <summary>So long that 10,000 stored names would take at least 10 MB.</summary>
    private static readonly string Rest = new('x', 1000);

    private readonly List<Metric> _metrics = [];
    private readonly MeterProvider _measuring;
    private readonly ActivityListener _spans = new()
    {
        ShouldListenTo = source => source.Name == JsonRpcTelemetry.Name,
        Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
    };
    private readonly InMemoryTransport _transport = new();
    private readonly JsonRpcServer _server;

    public InventedNamesTests()
    {
        _measuring = Sdk.CreateMeterProviderBuilder().AddMeter(JsonRpcTelemetry.Name).AddInMemoryExporter(_metrics).Build();
        ActivitySource.AddActivityListener(_spans);
        _server = MakeServer(0, new JsonRpcMethods().Add("add", (int a, int b) => a + b), new() { Transport = _transport });
    }

    public void Dispose()
    {
        _server.Dispose();
        _spans.Dispose();
        _measuring.Dispose();
    }

    [Fact]
    public async Task Ten_thousand_invented_names_are_one_series_of_server_and_client_and_are_stored_nowhere()
    {
        using var client = MakeClient(_server.Address, new() { Transport = _transport.CreateClient() });
        await CallAsync(client, "warm-up", CallsInBatch);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await CallAsync(client, "invented", Names);

        (GC.GetTotalMemory(forceFullCollection: true) - before).Should().BeLessThan(2_000_000);
        _measuring.ForceFlush();
        var points = _metrics.SelectMany(ExportedPoint.From).ToList();
        var served = points.Should().ContainSingle(p => p.Metric == "rpc.server.call.duration").Subject;
        served.Count.Should().Be(CallsInBatch + Names);
        served.Attributes.Should().Equal(
            new Dictionary<string, string> { ["rpc.system.name"] = "jsonrpc", ["rpc.method"] = "_OTHER", ["rpc.status_code"] = "-32601", ["error.type"] = "-32601" });
        var called = points.Should().ContainSingle(p => p.Metric == "rpc.client.call.duration").Subject;
        (called.Count, called.Attributes["rpc.method"]).Should().Be((CallsInBatch + Names, "_OTHER"));
    }

    [Fact]
    public async Task Ten_thousand_invented_error_codes_are_few_series_and_leave_the_documented_ones_their_own()
    {
        const int others = 64;
        var documented = typeof(JsonRpcErrorCodes).GetFields().Select(code => (int)code.GetRawConstantValue()!).ToList();
        var transport = new InMemoryTransport();
        using var server = MakeServer(0, new JsonRpcMethods().Add("fail", int (int code) => throw new JsonRpcException(code, "No.")), new() { Transport = transport });
        using var client = MakeClient(server.Address, new() { Transport = transport.CreateClient() });

        foreach (var codes in Enumerable.Range(1, Names).Chunk(CallsInBatch).Append([.. documented]))
        {
            var batch = client.CreateBatch();
            var calls = codes.Select(code => batch.CallAsync("fail", new { code })).ToList();
            await batch.SendAsync();
            foreach (var (code, call) in codes.Zip(calls))
                (await FluentActions.Awaiting(() => call).Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(code);
        }

        _measuring.ForceFlush();
        foreach (var metric in new[] { "rpc.server.call.duration", "rpc.client.call.duration" })
        {
            var points = _metrics.SelectMany(ExportedPoint.From).Where(p => p.Metric == metric).ToList();
            points.Should().OnlyContain(p => p.Attributes["rpc.status_code"] == p.Attributes["error.type"]);
            var counts = points.ToDictionary(p => p.Attributes["error.type"], p => p.Count);
            counts.Keys.Should().Contain(documented.Select(code => code.ToString(CultureInfo.InvariantCulture)));
            counts.Should().HaveCountLessThanOrEqualTo(documented.Count + others + 1);
            counts["_OTHER"].Should().BeGreaterThanOrEqualTo(Names - others);
            points.Sum(p => p.Count).Should().Be(Names + documented.Count);
        }
    }

    [Fact]
    public async Task A_span_has_the_code_as_it_came_and_the_error_type_of_the_metric()
    {
        var spans = new ConcurrentQueue<Activity>();
        _spans.ActivityStopped = spans.Enqueue;
        var transport = new InMemoryTransport();
        using var server = MakeServer(0, new JsonRpcMethods().Add("fail", int (int code) => throw new JsonRpcException(code, "No.")), new() { Transport = transport });
        using var client = MakeClient(server.Address, new() { Transport = transport.CreateClient(), KnownMethods = ["fail"] });

        for (var code = 1_000_000; code < 1_000_100; code++)
            await FluentActions.Awaiting(() => client.CallAsync("fail", new { code })).Should().ThrowAsync<JsonRpcException>();

        SpinWait.SpinUntil(() => spans.Count >= 200, TimeSpan.FromSeconds(30)).Should().BeTrue();
        var last = spans.Where(s => s.GetTagItem("rpc.status_code") is "1000099").ToList();
        last.Select(s => s.Kind).Should().BeEquivalentTo([ActivityKind.Server, ActivityKind.Client]);
        last.Should().OnlyContain(s => s.GetTagItem("error.type") as string == "_OTHER");
    }

    [Fact]
    public void Spans_and_metrics_name_the_version_of_the_conventions_that_says_rpc_status_code()
    {
        const string schema = "https://opentelemetry.io/schemas/1.45.0";
        // Servers of other tests publish their instruments meanwhile, on their own threads.
        var schemas = new ConcurrentQueue<string?>();
        using var spans = new ActivityListener { ShouldListenTo = source => Named(source.Name, source.TelemetrySchemaUrl) };
        using var metrics = new MeterListener { InstrumentPublished = (instrument, _) => Named(instrument.Meter.Name, instrument.Meter.TelemetrySchemaUrl) };

        ActivitySource.AddActivityListener(spans);
        metrics.Start();

        schemas.Should().HaveCountGreaterThanOrEqualTo(2).And.AllBe(schema);

        bool Named(string name, string? of)
        {
            if (name == JsonRpcTelemetry.Name)
                schemas.Enqueue(of);
            return false;
        }
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("GET")]
    public async Task Invented_HTTP_methods_and_paths_are_one_series_too(string method)
    {
        var transport = new InMemoryTransport();
        using var server = MakeServer(0, (exchange, _) =>
        {
            exchange.StatusCode = 404;
            return default;
        }, new() { Transport = transport });

        for (var i = 0; i < 100; i++)
        {
            var exchange = new HttpExchange { Address = server.Address, Method = method == "POST" ? $"INVENTED{i}" : method, Target = $"/{i}" };
            exchange.RequestHeaders["Host"] = $"localhost:{server.Address.Port}";
            await transport.CreateClient().SendAsync(exchange, CancellationToken.None);
            exchange.StatusCode.Should().Be(404, Encoding.UTF8.GetString(exchange.ResponseBody.WrittenSpan));
        }

        _measuring.ForceFlush();
        var served = _metrics.SelectMany(ExportedPoint.From).Should().ContainSingle(p => p.Metric == "http.server.request.duration").Subject;
        (served.Count, served.Attributes["http.request.method"]).Should().Be((100, method == "POST" ? "_OTHER" : method));
    }

    private static async Task CallAsync(JsonRpcClient client, string name, int count)
    {
        for (var i = 0; i < count; i += CallsInBatch)
        {
            var batch = client.CreateBatch();
            var calls = Enumerable.Range(i, CallsInBatch).Select(n => batch.CallAsync($"{name}-{n}-{Rest}")).ToList();
            await batch.SendAsync();
            foreach (var call in calls)
                await FluentActions.Awaiting(() => call).Should().ThrowAsync<JsonRpcException>();
        }
    }
}
