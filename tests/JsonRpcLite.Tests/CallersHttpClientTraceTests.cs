using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Tests;

/// <summary>Behind a caller's own HttpClient, which may make spans of its own: the parent that the server gets is always a recorded span.</summary>
public sealed partial class CallersHttpClientTraceTests : IDisposable
{
    private readonly ScriptedServer _server = new();

    public void Dispose() => _server.Dispose();

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, false, false)]
    [InlineData(true, true, false)]
    [InlineData(false, false, true)]
    [InlineData(false, true, true)]
    [InlineData(true, false, true)]
    [InlineData(true, true, true)]
    public async Task The_parent_of_the_server_is_a_span_that_is_recorded(bool recordsOurs, bool recordsHttpClients, bool isOwnConnection)
    {
        var recorded = new ConcurrentBag<ActivitySpanId>();
        using var around = new Activity("the caller's work").Start();
        recorded.Add(around.SpanId);
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "JsonRpcLite" && recordsOurs || source.Name == "System.Net.Http" && recordsHttpClients,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.TraceId == around.TraceId ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStarted = span => recorded.Add(span.SpanId),
        };
        ActivitySource.AddActivityListener(listener);
        _server.Then(ScriptedServer.Ok("""{"jsonrpc":"2.0","result":1,"id":1}"""));
        using var httpClient = new HttpClient();
        using var client = MakeClient(_server.Port, new() { Transport = isOwnConnection ? new HttpClientTransport() : new HttpClientTransport(httpClient) });

        (await client.CallAsync<int>("one")).Should().Be(1);

        var parents = TraceParent().Matches(_server.Requests.Single());
        var parent = parents.Should().ContainSingle("the trace is sent once").Subject;
        parent.Groups["trace"].Value.Should().Be(around.TraceId.ToString());
        recorded.Select(id => id.ToString()).Should().Contain(parent.Groups["span"].Value);
        (parent.Groups["span"].Value == around.SpanId.ToString()).Should().Be(!recordsOurs && (isOwnConnection || !recordsHttpClients), "the innermost span is the parent");
    }

    [GeneratedRegex("^traceparent: 00-(?<trace>[0-9a-f]{32})-(?<span>[0-9a-f]{16})-", RegexOptions.IgnoreCase | RegexOptions.Multiline)]
    private static partial Regex TraceParent();
}
