using System.Diagnostics;
using System.Globalization;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class ServerTelemetryOnHttpListener() : ServerTelemetryTests(new HttpListenerHost());

public sealed class ServerTelemetryInMemory() : ServerTelemetryTests(new InMemoryHost());

public sealed class ServerTelemetryOnSockets() : ServerTelemetryTests(new SocketHost());

public sealed class ServerTelemetryOnPortableSockets() : ServerTelemetryTests(new PortableSocketHost());

public sealed class ServerTelemetryOnAspNetCore() : ServerTelemetryTests(new AspNetCoreHost());

/// <summary>Traces and metrics of a server: the same on every transport.</summary>
public abstract class ServerTelemetryTests : HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TelemetryProbe _probe = new();

    private protected ServerTelemetryTests(Host host)
        : base(host)
    {
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _probe.Dispose();
    }

    [Fact]
    public async Task A_call_is_one_span_of_its_callers_trace_and_one_measurement()
    {
        var method = _probe.Name("add");
        Activity? inside = null;
        var server = Serve(new JsonRpcMethods().Add(method, (int a, int b) =>
        {
            inside = Activity.Current;
            Clock.Advance(TimeSpan.FromMilliseconds(250));
            return a + b;
        }));

        var text = await CallAsync(server, method, "[1,2]", "\"a-7\"", o => o.With("tracestate", "vendor=1"));

        text.Should().Contain("\"result\":3");
        var span = _probe.Await(1).Should().ContainSingle().Subject;
        (span.DisplayName, span.Kind, span.Status).Should().Be((method, ActivityKind.Server, ActivityStatusCode.Unset));
        (span.TraceId, span.ParentSpanId, span.HasRemoteParent, span.TraceStateString).Should().Be((_probe.Trace, _probe.Parent, true, "vendor=1"));
        inside.Should().BeSameAs(span);
        Tags(span).Should().Contain([("rpc.system.name", "jsonrpc"), ("rpc.method", method), ("jsonrpc.protocol.version", "2.0"), ("jsonrpc.request.id", "a-7")]);
        Tags(span).Select(t => t.Name).Should().NotContain(["error.type", "rpc.status_code", "rpc.method_original"]);
        if (Can(Ability.HasWire))
        {
            Tags(span).Should().Contain(
                [("server.address", "localhost"), ("server.port", server.Server.Address.Port.ToString(CultureInfo.InvariantCulture)), ("network.peer.address", "127.0.0.1")]);
        }
        var measured = _probe.AwaitMeasurements("rpc.server.call.duration", method, 1).Should().ContainSingle().Subject;
        measured.Tags.Select(t => t.Key).Should().Equal("rpc.system.name", "rpc.method");
        measured.Value.Should().Be(0.25);
        span.Duration.TotalSeconds.Should().Be(measured.Value);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00-0-0-01")]
    [InlineData("twice")]
    public async Task Without_a_proper_parent_a_call_begins_a_trace_of_its_own(string? header)
    {
        var method = _probe.Name("root");
        using var around = new Activity("around the server").Start();
        var server = Serve(new JsonRpcMethods().Add(method, () => 1));
        var request = RawRequest.Post(Body(method, "[]", "1"));
        if (header == "twice")
            request = request.With("traceparent", _probe.TraceParent).With("traceparent", _probe.TraceParent);
        else if (header is not null)
            request = request.With("traceparent", header);

        (await server.ExchangeAsync(request)).Text.Should().Contain("result");

        var span = _probe.Await(1).Should().ContainSingle().Subject;
        if (header != "twice" || Can(Ability.SeesRepeatedFields))
            (span.ParentSpanId, span.HasRemoteParent).Should().Be((default, false));
        span.TraceId.Should().NotBe(around.TraceId);
    }

    [Fact]
    public async Task A_long_tracestate_is_cut_to_what_the_propagator_allows_and_the_trace_continues()
    {
        var method = _probe.Name("state");
        var server = Serve(new JsonRpcMethods().Add(method, () => 1));
        var state = string.Join(',', Enumerable.Range(0, 20).Select(n => $"v{n:00}={new string('x', 200)}"));

        await CallAsync(server, method, "[]", "1", r => r.With("tracestate", state));

        var span = _probe.Await(1).Should().ContainSingle().Subject;
        (span.TraceId, span.ParentSpanId).Should().Be((_probe.Trace, _probe.Parent));
        span.TraceStateString.Should().StartWith("v00=").And.Subject.Length.Should().BeLessThanOrEqualTo(512);
    }

    [Fact]
    public async Task The_tracestate_may_come_in_two_headers()
    {
        var method = _probe.Name("states");
        var server = Serve(new JsonRpcMethods().Add(method, () => 1));

        await CallAsync(server, method, "[]", "1", r => r.With("tracestate", "a=1").With("tracestate", "b=2"));

        var span = _probe.Await(1).Should().ContainSingle().Subject;
        span.TraceId.Should().Be(_probe.Trace);
        if (Can(Ability.SeesRepeatedFields))
            span.TraceStateString!.Replace(" ", "", StringComparison.Ordinal).Should().Be("a=1,b=2");
    }

    [Theory]
    [InlineData(8192, 1)]
    [InlineData(8193, 0)]
    public async Task Baggage_is_accepted_up_to_its_limit(int size, int entries)
    {
        var method = _probe.Name("bags");
        var server = Serve(new JsonRpcMethods().Add(method, () => Activity.Current!.Baggage.Count()), o => o.AcceptBaggage = true);

        var text = await CallAsync(server, method, "[]", "1", r => r.With("baggage", $"a={new string('x', size - 2)}"));

        text.Should().Contain($"\"result\":{entries}");
    }

    [Theory]
    [InlineData("=")]
    [InlineData(",,;;")]
    [InlineData("a=%zz,b")]
    public async Task Malformed_baggage_does_no_harm(string baggage)
    {
        var method = _probe.Name("broken");
        var server = Serve(new JsonRpcMethods().Add(method, () => 1), o => o.AcceptBaggage = true);

        (await CallAsync(server, method, "[]", "1", r => r.With("baggage", baggage))).Should().Contain("\"result\":1");

        _probe.Await(1).Should().ContainSingle().Which.TraceId.Should().Be(_probe.Trace);
    }

    [Theory]
    [InlineData("throw", "-32603")]
    [InlineData("refuse", "7")]
    [InlineData("add", "-32602")]
    public async Task An_error_has_its_code_on_span_and_metric(string what, string code)
    {
        var method = _probe.Name(what);
        var server = Serve(new JsonRpcMethods().Add(method, (int n) => what switch
        {
            "throw" => throw new FormatException(),
            "refuse" => throw new JsonRpcException(7, "No."),
            _ => n,
        }));

        await CallAsync(server, method, what == "add" ? "[]" : "[1]", "1");

        var span = _probe.Await(1).Should().ContainSingle().Subject;
        span.Status.Should().Be(ActivityStatusCode.Error);
        Tags(span).Should().Contain([("rpc.status_code", code), ("error.type", code)]);
        var measured = _probe.AwaitMeasurements("rpc.server.call.duration", method, 1).Should().ContainSingle().Subject;
        (measured["rpc.status_code"], measured["error.type"]).Should().Be((code, code));
    }

    [Fact]
    public async Task A_name_that_is_not_registered_is_on_the_span_alone()
    {
        var server = Serve(new JsonRpcMethods().Add("add", (int a, int b) => a + b));
        var invented = $"invented-{_probe.Trace}-{new string('x', 200)}";

        await CallAsync(server, invented, "[]", "null");

        var span = _probe.Await(1).Should().ContainSingle().Subject;
        span.DisplayName.Should().Be("jsonrpc");
        Tags(span).Should().Contain([("rpc.method", "_OTHER"), ("error.type", "-32601"), ("rpc.method_original", invented[..100] + "...")]);
        Tags(span).Select(t => t.Name).Should().NotContain("jsonrpc.request.id");
        _probe.AwaitMeasurements("rpc.server.call.duration", "_OTHER", 1).Should().NotBeEmpty();
        _probe.Measurements.SelectMany(m => m.Tags).Should().NotContain(tag => tag.Value is string && ((string)tag.Value).StartsWith("invented", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_calls_of_a_batch_are_siblings_and_an_invalid_request_is_one_of_them()
    {
        var method = _probe.Name("add");
        var server = Serve(new JsonRpcMethods().Add(method, (int a, int b) => a + b));

        await server.ExchangeAsync(
            RawRequest.Post($"[{Body(method, "[1,2]", "1")},{Body(method, "[1]", "2")},5,{Body(method, "[1,2]", null)}]").With("traceparent", _probe.TraceParent));

        var spans = _probe.Await(4);
        spans.Should().HaveCount(4).And.OnlyContain(span => span.ParentSpanId == _probe.Parent);
        spans.Select(span => $"{(span.DisplayName == method ? "add" : span.DisplayName)} {span.GetTagItem("jsonrpc.request.id")} {span.GetTagItem("error.type")}")
            .Order(StringComparer.Ordinal)
            .Should().Equal("add  ", "add 1 ", "add 2 -32602", "jsonrpc  -32600");
        _probe.AwaitMeasurements("rpc.server.call.duration", method, 3).Should().HaveCount(3);
    }

    [Fact]
    public async Task A_notification_is_a_span_without_an_id_and_its_error_shows()
    {
        var method = _probe.Name("note");
        var server = Serve(new JsonRpcMethods().Add(method, (int n) => n > 0 ? throw new JsonRpcException(7, "No.") : n));

        (await server.ExchangeAsync(RawRequest.Post(Body(method, "[1]", null)).With("traceparent", _probe.TraceParent))).Status.Should().Be(204);

        var span = _probe.Await(1).Should().ContainSingle().Subject;
        Tags(span).Should().Contain(("error.type", "7"));
        Tags(span).Select(t => t.Name).Should().NotContain("jsonrpc.request.id");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_late_call_ends_with_its_answer_and_is_measured_once(bool isBatch)
    {
        var method = _probe.Name("slow");
        var (entered, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        var server = Serve(new JsonRpcMethods().Add(method, async () =>
        {
            entered.SetResult();
            await gate.Task;
            return 1;
        }), o => o.Limits.HandlerTimeout = TimeSpan.FromSeconds(5));
        var body = Body(method, "[]", "1");

        var calling = server.ExchangeAsync(RawRequest.Post(isBatch ? $"[{body}]" : body).With("traceparent", _probe.TraceParent));
        await entered.Task.WaitAsync(Patience);
        Clock.Advance(TimeSpan.FromSeconds(7));
        (await calling).Text.Should().Contain("-32001");
        var span = _probe.Await(1).Should().ContainSingle().Subject;
        Clock.Advance(TimeSpan.FromSeconds(60));
        gate.SetResult();
        await server.Server.StopAsync();

        Tags(span).Should().Contain([("rpc.status_code", "-32001"), ("error.type", "-32001")]);
        span.Duration.Should().BeLessThan(TimeSpan.FromSeconds(60));
        _probe.Spans.Should().HaveCount(1);
        _probe.AwaitMeasurements("rpc.server.call.duration", method, 1).Should().HaveCount(1);
    }

    [Fact]
    public async Task Later_work_of_a_method_is_not_in_the_trace_of_the_next_call()
    {
        var method = _probe.Name("who");
        var server = Serve(new JsonRpcMethods().Add(method, async () =>
        {
            await Task.Yield();
            return Activity.Current?.ParentSpanId.ToString();
        }));

        var texts = new List<string>();
        for (var i = 0; i < 3; i++)
            texts.Add(await CallAsync(server, method, "[]", "1"));
        texts.Add((await server.ExchangeAsync(RawRequest.Post(Body(method, "[]", "1")))).Text);

        texts.Take(3).Should().OnlyContain(text => text.Contains(_probe.Parent.ToString(), StringComparison.Ordinal));
        texts[3].Should().Contain("0000000000000000");
    }

    [Fact]
    public async Task A_plain_function_is_a_span_and_a_measurement_of_HTTP()
    {
        var server = Serve(Echo);

        (await server.ExchangeAsync((RawRequest.Post("1") with { Target = "/some/path?secret=1" }).With("traceparent", _probe.TraceParent))).Status.Should().Be(200);
        (await server.ExchangeAsync(RawRequest.Post("{").With("traceparent", _probe.TraceParent))).Status.Should().Be(400);

        var spans = _probe.Await(2);
        spans.Should().HaveCount(2).And.OnlyContain(
            span => span.DisplayName == "POST" && span.Kind == ActivityKind.Server && span.Status == ActivityStatusCode.Unset && span.ParentSpanId == _probe.Parent);
        Tags(spans[0]).Should().Contain([("http.request.method", "POST"), ("url.scheme", "http"), ("url.path", "/some/path"), ("http.response.status_code", "200")]);
        Tags(spans[1]).Should().Contain(("http.response.status_code", "400"));
        Tags(spans[0]).Select(t => t.Name).Should().NotContain("rpc.system.name");
        _probe.Measurements.Should().Contain(
            m => m.Instrument == "http.server.request.duration" && Equals(m["http.response.status_code"], 400) && Equals(m["http.request.method"], "POST"));
    }

    [Fact]
    public async Task A_refusal_is_counted_and_is_not_a_span()
    {
        var server = Serve(new JsonRpcMethods());

        (await server.ExchangeAsync(RawRequest.Post("{").With("traceparent", _probe.TraceParent))).Text.Should().Contain("-32700");
        (await server.ExchangeAsync(RawRequest.Post("1").With("Origin", "https://evil.example").With("traceparent", _probe.TraceParent))).Status.Should().Be(403);

        _probe.Measurements.Should().Contain(
            m => m.Instrument == "jsonrpclite.server.refusals" && Equals(m["http.response.status_code"], 200) && Equals(m["rpc.status_code"], "-32700"));
        _probe.Measurements.Should().Contain(m => m.Instrument == "jsonrpclite.server.refusals" && Equals(m["http.response.status_code"], 403));
        _probe.Spans.Should().BeEmpty();
    }

    [Fact]
    public async Task Calls_in_flight_can_be_read_at_any_time()
    {
        var (entered, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        var server = Serve(new JsonRpcMethods().Add("slow", async () =>
        {
            entered.SetResult();
            await gate.Task;
        }));

        var calling = CallAsync(server, "slow", "[]", "1");
        await entered.Task.WaitAsync(Patience);
        _probe.ReadGauges();
        gate.SetResult();
        await calling;

        var mine = _probe.Measurements.Where(m => Equals(m["server.port"], server.Server.Address.Port)).ToList();
        mine.Should().Contain(m => m.Instrument == "jsonrpclite.server.active_calls" && m.Value >= 1);
        mine.Should().Contain(m => m.Instrument == "jsonrpclite.server.body_memory");
    }

    [Fact]
    public async Task A_failure_names_its_call_and_trace()
    {
        var server = Serve(new JsonRpcMethods().Add("fail", (int n) =>
        {
            Clock.Advance(TimeSpan.FromMilliseconds(250));
            return n > 0 ? throw new FormatException() : n;
        }));
        var plain = Serve(_ => throw new FormatException());

        await CallAsync(server, "fail", "[1]", "\"a\"");
        await plain.ExchangeAsync(RawRequest.Post("1").With("traceparent", _probe.TraceParent));

        Failures.Should().HaveCount(2).And.OnlyContain(f => f.TraceId == _probe.Trace.ToString());
        var (call, http) = (Failures[0], Failures[1]);
        (call.Method, call.RequestId, call.Code, call.StatusCode, call.Duration).Should().Be(("fail", "\"a\"", -32603, 200, TimeSpan.FromMilliseconds(250)));
        (http.Method, http.RequestId, http.Code, http.StatusCode, http.Duration).Should().Be((null, null, -32603, 500, TimeSpan.Zero));
    }

    [Fact]
    public async Task A_failure_of_a_call_without_a_trace_does_not_have_the_trace_that_started_the_server()
    {
        using var around = new Activity("around the server").Start();
        var server = Serve(new JsonRpcMethods().Add("fail", (int n) => n > 0 ? throw new FormatException() : n));

        await server.ExchangeAsync(RawRequest.Post(Body("fail", "[1]", "1")));

        Failures.Should().ContainSingle().Which.TraceId.Should().NotBe(around.TraceId.ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Baggage_of_a_caller_is_used_only_if_it_is_accepted(bool isAccepted)
    {
        var method = _probe.Name("bag");
        var server = Serve(
            new JsonRpcMethods().Add(method, () => string.Join(',', Activity.Current!.Baggage.Select(b => $"{b.Key}={b.Value}"))), o => o.AcceptBaggage = isAccepted);

        var text = await CallAsync(server, method, "[]", "1", r => r.With("baggage", "tenant=7,plan=gold"));

        text.Should().Contain(isAccepted ? "tenant=7" : "\"result\":\"\"");
    }

    private Task<string> CallAsync(HostedServer server, string method, string parameters, string id) => CallAsync(server, method, parameters, id, request => request);

    private async Task<string> CallAsync(HostedServer server, string method, string parameters, string id, Func<RawRequest, RawRequest> change) =>
        (await server.ExchangeAsync(change(RawRequest.Post(Body(method, parameters, id)).With("traceparent", _probe.TraceParent)))).Text;

    private static string Body(string method, string parameters, string? id) =>
        $$"""{"jsonrpc":"2.0","method":"{{method}}","params":{{parameters}}{{(id is null ? "" : $",\"id\":{id}")}}}""";

    private static IEnumerable<(string Name, string Value)> Tags(Activity span) =>
        span.TagObjects.Select(tag => (tag.Key, Convert.ToString(tag.Value, CultureInfo.InvariantCulture)!));
}
