using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

/// <summary>
/// What a third-party transport declares. One that does not declare where it listens may be bound to every interface, whatever the host name is; one on a host that
/// starts an activity for each request lets that host begin the trace.
/// </summary>
public sealed class ForeignTransportTests
{
    [Fact]
    public void Exception_details_are_refused_at_startup_on_a_transport_that_other_machines_may_reach() =>
        FluentActions.Invoking(() => JsonRpc.MakeServer(0, x => x, new() { Transport = new KestrelTransport(knowsWhereItListens: false), DetailedErrors = true }))
            .Should().Throw<InvalidOperationException>().WithMessage("*DetailedErrors*loopback*");

    [Theory]
    [InlineData(false, HttpStatusCode.MethodNotAllowed)]
    [InlineData(true, HttpStatusCode.OK)]
    public async Task The_page_is_served_only_if_the_transport_is_known_to_be_loopback(bool knowsWhereItListens, HttpStatusCode status)
    {
        await using var server = JsonRpc.MakeServer(0, x => x, new() { Transport = new KestrelTransport(knowsWhereItListens) });
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, server.Address) { Headers = { { "Accept", "text/html" } } };

        using var reply = await client.SendAsync(request);

        reply.StatusCode.Should().Be(status);
    }

    [Fact]
    public async Task On_a_host_that_traces_requests_itself_a_call_is_two_spans()
    {
        using var probe = new TelemetryProbe();
        var requests = new ConcurrentQueue<Activity>();
        using var aspNet = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.TraceId == probe.Trace ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStarted = requests.Enqueue,
        };
        ActivitySource.AddActivityListener(aspNet);
        var method = probe.Name("add");
        var methods = new JsonRpcMethods().Add(method, (int a, int b) => a + b);
        await using var server = JsonRpc.MakeServer(0, methods, new() { Transport = new KestrelTransport(hasAmbientActivity: true) });

        var reply = await RawConnection.ExchangeAsync(server.Address.Port,
            RawRequest.Post($$"""{"jsonrpc":"2.0","method":"{{method}}","params":[1,2],"id":1}""").With("traceparent", probe.TraceParent));

        reply.Text.Should().Contain("\"result\":3");
        var request = requests.Should().ContainSingle().Subject;
        var call = probe.Await(1).Should().ContainSingle().Subject;
        (request.TraceId, request.ParentSpanId).Should().Be((probe.Trace, probe.Parent));
        (call.TraceId, call.Parent).Should().Be((probe.Trace, request));
    }
}
