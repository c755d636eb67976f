using System.Diagnostics;

namespace JsonRpcLite.Tests;

/// <summary>A transport on a host that has started an activity for the request itself, as ASP.NET Core does.</summary>
public sealed class AmbientActivityTests : IDisposable
{
    private readonly TelemetryProbe _probe = new();
    private readonly BareTransport _transport = new();
    private JsonRpcServer? _server;

    public void Dispose()
    {
        _server?.Dispose();
        _probe.Dispose();
    }

    [Fact]
    public async Task The_current_activity_is_the_parent_and_the_header_is_not_read()
    {
        var method = _probe.Name("bag");
        Serve(new JsonRpcMethods().Add(method, () => string.Join(',', Activity.Current!.Baggage.Select(b => $"{b.Key}={b.Value}"))));
        using var ambient = new Activity("the host's request").AddBaggage("from", "host").Start();

        var text = await ExchangeAsync(Body(method), hasAmbientActivity: true);

        Activity.Current.Should().BeSameAs(ambient);
        text.Should().Contain("\"from=host\"");
        var span = _probe.Spans.Should().ContainSingle().Subject;
        (span.Parent, span.ParentSpanId, span.TraceId, span.HasRemoteParent).Should().Be((ambient, ambient.SpanId, ambient.TraceId, false));
        span.TraceStateString.Should().BeNull();
    }

    [Fact]
    public async Task Without_a_current_activity_a_call_begins_a_trace_of_its_own()
    {
        var method = _probe.Name("root");
        Serve(new JsonRpcMethods().Add(method, () => 1));

        await ExchangeAsync(Body(method), hasAmbientActivity: true);

        var span = _probe.Spans.Should().ContainSingle().Subject;
        span.ParentSpanId.Should().Be(default(ActivitySpanId));
        span.TraceId.Should().NotBe(_probe.Trace);
    }

    [Fact]
    public async Task On_any_other_transport_the_header_is_the_parent_and_the_current_activity_is_not()
    {
        var method = _probe.Name("header");
        Serve(new JsonRpcMethods().Add(method, () => string.Join(',', Activity.Current!.Baggage.Select(b => $"{b.Key}={b.Value}"))));
        using var around = new Activity("what the server was started in").AddBaggage("from", "host").Start();

        var text = await ExchangeAsync(Body(method), hasAmbientActivity: false);

        Activity.Current.Should().BeSameAs(around);
        text.Should().Contain("\"from=peer\"");
        var span = _probe.Spans.Should().ContainSingle().Subject;
        (span.Parent, span.ParentSpanId, span.TraceId, span.HasRemoteParent, span.TraceStateString).Should().Be((null, _probe.Parent, _probe.Trace, true, "vendor=1"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_plain_call_is_the_hosts_own_HTTP_request_and_is_not_measured_twice(bool hasAmbientActivity)
    {
        _server = JsonRpc.MakeServer(0, x => x, new() { Transport = _transport });
        using var ambient = new Activity("the host's request").SetParentId(_probe.TraceParent).Start();

        (await ExchangeAsync("""{"n":1}""", hasAmbientActivity)).Should().Be("""{"n":1}""");

        _probe.Spans.Should().HaveCount(hasAmbientActivity ? 0 : 1);
        _probe.Measurements.Where(m => m.Instrument == "http.server.request.duration" && Equals(m["url.scheme"], _probe.Trace.ToString()))
            .Should().HaveCount(hasAmbientActivity ? 0 : 1);
    }

    private void Serve(JsonRpcMethods methods) => _server = JsonRpc.MakeServer(0, methods, new() { Transport = _transport, AcceptBaggage = true });

    private async Task<string> ExchangeAsync(string body, bool hasAmbientActivity)
    {
        // A scheme that no other test uses: nothing else identifies this test's measurements of HTTP.
        var exchange = new ScriptedExchange(_transport.Context, body) { HasAmbientActivity = hasAmbientActivity, Scheme = _probe.Trace.ToString() };
        exchange.RequestHeaders["Host"] = "localhost";
        exchange.RequestHeaders["Content-Type"] = "application/json";
        exchange.RequestHeaders["traceparent"] = _probe.TraceParent;
        exchange.RequestHeaders["tracestate"] = "vendor=1";
        exchange.RequestHeaders["baggage"] = "from=peer";
        await _transport.Context.ServeAsync(exchange, CancellationToken.None);
        return exchange.Text;
    }

    private static string Body(string method) => $$"""{"jsonrpc":"2.0","method":"{{method}}","id":1}""";
}
