using System.Diagnostics;
using System.Globalization;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class ClientTelemetryOnHttpListener() : ClientTelemetryTests(new HttpListenerHost());

public sealed class ClientTelemetryInMemory() : ClientTelemetryTests(new InMemoryHost());

public sealed class ClientTelemetryOnSockets() : ClientTelemetryTests(new SocketHost());

public sealed class ClientTelemetryOnPortableSockets() : ClientTelemetryTests(new PortableSocketHost());

public sealed class ClientTelemetryOnAspNetCore() : ClientTelemetryTests(new AspNetCoreHost());

/// <summary>Traces and metrics of a client, and that a trace continues in the server: the same on every transport.</summary>
public abstract class ClientTelemetryTests : HostTests
{
    private readonly TelemetryProbe _probe = new();

    private protected ClientTelemetryTests(Host host)
        : base(host)
    {
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _probe.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_is_a_span_of_the_client_and_one_of_the_server_below_it(bool isSynchronous)
    {
        var method = _probe.Name("add");
        var server = Serve(new JsonRpcMethods().Add(method, (int a, int b) => a + b));
        using var client = server.MakeClient(new() { KnownMethods = [method] });
        using var around = Around();

        var sum = isSynchronous ? client.Call<int>(method, new[] { 1, 2 }) : await client.CallAsync<int>(method, new[] { 1, 2 });

        sum.Should().Be(3);
        Activity.Current.Should().BeSameAs(around);
        var spans = _probe.Await(2);
        spans.Should().HaveCount(2).And.OnlyContain(span => span.DisplayName == method && span.TraceId == around.TraceId);
        var (ours, theirs) = (spans.Single(s => s.Kind == ActivityKind.Client), spans.Single(s => s.Kind == ActivityKind.Server));
        (ours.ParentSpanId, theirs.ParentSpanId, ours.Status).Should().Be((around.SpanId, ours.SpanId, ActivityStatusCode.Unset));
        Tags(ours).Should().Contain([("rpc.system.name", "jsonrpc"), ("rpc.method", method), ("jsonrpc.protocol.version", "2.0"), ("jsonrpc.request.id", "1"),
            ("server.port", $"{server.Server.Address.Port}")]);
        Tags(ours).Select(t => t.Name).Should().NotContain(["error.type", "rpc.status_code"]);
        _probe.AwaitMeasurements("rpc.client.call.duration", method, 1).Should().ContainSingle();
    }

    [Fact]
    public async Task A_name_that_is_not_known_is_on_the_span_alone()
    {
        var method = $"add.{_probe.Trace}";
        using var client = Serve(new JsonRpcMethods().Add(method, () => 1)).MakeClient();
        using var around = Around();

        await client.CallAsync(method);

        var span = _probe.Await(2).Single(s => s.Kind == ActivityKind.Client);
        span.DisplayName.Should().Be("jsonrpc");
        Tags(span).Should().Contain([("rpc.method", "_OTHER"), ("rpc.method_original", method)]);
        _probe.AwaitMeasurements("rpc.client.call.duration", method, 0).Should().BeEmpty();
    }

    [Fact]
    public async Task An_error_has_its_code_on_span_and_metric()
    {
        var method = _probe.Name("fail");
        using var client = Serve(new JsonRpcMethods().Add(method, (int n) => n > 0 ? throw new JsonRpcException(7, "No.") : n)).MakeClient(new() { KnownMethods = [method] });
        using var around = Around();

        await client.Invoking(c => c.CallAsync(method, new[] { 1 })).Should().ThrowAsync<JsonRpcException>();

        var span = _probe.Await(2).Single(s => s.Kind == ActivityKind.Client);
        (span.Status, span.StatusDescription).Should().Be((ActivityStatusCode.Error, null), "the server's text may contain anything");
        Tags(span).Should().Contain([("rpc.status_code", "7"), ("error.type", "7")]);
        var measured = _probe.AwaitMeasurements("rpc.client.call.duration", method, 1).Should().ContainSingle().Subject;
        (measured["rpc.status_code"], measured["error.type"]).Should().Be(("7", "7"));
    }

    [Fact]
    public async Task A_call_that_gets_no_answer_says_why()
    {
        var method = _probe.Name("slow");
        using var client = Serve(new JsonRpcMethods().Add(method, async (CancellationToken token) => await Task.Delay(Timeout.InfiniteTimeSpan, token)))
            .MakeClient(new() { KnownMethods = [method], Timeout = TimeSpan.FromMilliseconds(50), Headers = { ["JsonRpc-Timeout-Ms"] = "100000" } });
        using var around = Around();

        await client.Invoking(c => c.CallAsync(method)).Should().ThrowAsync<TaskCanceledException>();

        var span = _probe.Await(1).First(s => s.Kind == ActivityKind.Client);
        span.Status.Should().Be(ActivityStatusCode.Error);
        Tags(span).Should().Contain([("error.type", "timeout"), ("jsonrpc.request.id", "1")]);
        Tags(span).Select(t => t.Name).Should().NotContain("rpc.status_code");
        _probe.AwaitMeasurements("rpc.client.call.duration", method, 1).Should().ContainSingle().Which["error.type"].Should().Be("timeout");
    }

    [Fact]
    public async Task A_batch_is_one_span_and_a_measurement_for_each_call_and_notification()
    {
        var method = _probe.Name("half");
        var server = Serve(new JsonRpcMethods().Add(method, (int n) => n % 2 == 0 ? n / 2 : throw new JsonRpcException(7, "Odd.")));
        using var client = server.MakeClient(new() { KnownMethods = [method] });
        using var around = Around();

        var batch = client.CreateBatch();
        var (right, wrong) = (batch.CallAsync<int>(method, new[] { 4 }), batch.CallAsync<int>(method, new[] { 3 }));
        batch.Notify(method, new[] { 2 });
        await batch.SendAsync();
        (await right).Should().Be(2);
        await FluentActions.Awaiting(() => wrong).Should().ThrowAsync<JsonRpcException>();

        var spans = _probe.Await(4);
        var ours = spans.Single(s => s.Kind == ActivityKind.Client);
        (ours.DisplayName, ours.Status).Should().Be(("jsonrpc", ActivityStatusCode.Unset));
        Tags(ours).Should().Contain(("jsonrpclite.batch.size", "3"));
        spans.Where(s => s.Kind == ActivityKind.Server).Should().HaveCount(3).And.OnlyContain(s => s.ParentSpanId == ours.SpanId);
        _probe.AwaitMeasurements("rpc.client.call.duration", method, 3).Select(m => m["error.type"]).Should().BeEquivalentTo(new object?[] { null, null, "7" });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_notification_measures_the_same_alone_and_in_a_batch(bool fails)
    {
        var (alone, together) = (_probe.Name("alone"), _probe.Name("together"));
        var methods = new JsonRpcMethods().Add(alone, () => { }).Add(together, () => { });
        using var client = Serve(methods, o => o.Authenticate = fails ? BearerToken.Check("secret") : null).MakeClient(new() { KnownMethods = [alone, together] });
        using var around = Around();

        await Record.ExceptionAsync(() => client.NotifyAsync(alone));
        var batch = client.CreateBatch();
        batch.Notify(together);
        batch.Notify(together);
        (await Record.ExceptionAsync(() => batch.SendAsync()) is not null).Should().Be(fails);

        var expected = _probe.AwaitMeasurements("rpc.client.call.duration", alone, 1).Should().ContainSingle().Subject;
        (expected["error.type"] is not null).Should().Be(fails);
        var measured = _probe.AwaitMeasurements("rpc.client.call.duration", together, 2);
        measured.Should().HaveCount(2).And.AllSatisfy(m => m.Tags.Where(t => t.Key != "rpc.method").Should().Equal(expected.Tags.Where(t => t.Key != "rpc.method")));
    }

    [Fact]
    public async Task Several_attempts_are_one_span_without_an_error_if_the_last_one_succeeds()
    {
        var method = _probe.Name("again");
        var server = Serve(new JsonRpcMethods().Add(method, () => 1), o => o.Authenticate = BearerToken.Check("new"));
        using var client = server.MakeClient(new JsonRpcClientOptions { KnownMethods = [method] }.Use(async (call, next, token) =>
        {
            await next(call, token);
            call.Exchange.RequestHeaders["Authorization"] = "Bearer new";
            await next(call, token);
        }));
        using var around = Around();

        await client.CallAsync(method);

        var ours = _probe.Await(2).Where(s => s.Kind == ActivityKind.Client).Should().ContainSingle().Subject;
        ours.Status.Should().Be(ActivityStatusCode.Unset);
        _probe.AwaitMeasurements("rpc.client.call.duration", method, 1).Should().ContainSingle().Which["error.type"].Should().BeNull();
        _probe.Measurements.Should().Contain(m => m.Instrument == "jsonrpclite.client.retries");
    }

    [Fact]
    public async Task An_attempt_that_the_budget_refuses_is_counted()
    {
        // The only client with a budget of one token: the first failure takes it.
        var server = ServeRaw((_, _) => throw new HttpRefusalException(503, "Busy."));
        using var client = server.MakeClient(new() { Retry = new() { MaxTokens = 1 } });
        var before = Refused();

        await client.With(new() { IdempotencyKey = "one" }).Invoking(c => c.CallAsync("any")).Should().ThrowAsync<JsonRpcException>();

        Refused().Should().BeGreaterThan(before);

        int Refused() => _probe.Measurements.Count(m => m.Instrument == "jsonrpclite.client.refused_retries");
    }

    [Fact]
    public async Task Parameters_that_cannot_become_JSON_are_not_a_call()
    {
        var method = _probe.Name("never");
        using var client = Serve(new JsonRpcMethods().Add(method, () => 1)).MakeClient(new() { KnownMethods = [method] });
        using var around = Around();

        await client.Invoking(c => c.CallAsync(method, 5)).Should().ThrowAsync<ArgumentException>();
        client.Invoking(c => c.Call(method, 5)).Should().Throw<ArgumentException>();

        Activity.Current.Should().BeSameAs(around);
        _probe.Spans.Should().BeEmpty();
        _probe.AwaitMeasurements("rpc.client.call.duration", method, 0).Should().BeEmpty();
    }

    [Fact]
    public async Task A_plain_call_continues_its_callers_trace()
    {
        using var client = Serve(Echo).MakeClient();
        using var around = Around();

        await client.CommandAsync(1);

        var span = _probe.Await(1).Should().ContainSingle().Subject;
        (span.Kind, span.DisplayName, span.ParentSpanId).Should().Be((ActivityKind.Server, "POST", around.SpanId));
    }

    /// <summary>The caller's own span.</summary>
    private Activity Around() => new Activity("the caller's work").SetParentId(_probe.TraceParent).Start();

    private static IEnumerable<(string Name, string Value)> Tags(Activity span) =>
        span.TagObjects.Select(tag => (tag.Key, Convert.ToString(tag.Value, CultureInfo.InvariantCulture)!));
}
