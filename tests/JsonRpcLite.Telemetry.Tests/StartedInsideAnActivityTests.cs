using System.Diagnostics;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Telemetry.Tests;

/// <summary>The activity that was current when a server was started is not the parent of its calls, whether anything listens to the library or not.</summary>
public sealed class StartedInsideAnActivityTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_call_does_not_have_the_activity_in_which_its_server_was_started(bool isOnSockets, bool isListenedTo)
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => isListenedTo && source.Name == JsonRpcTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        using var around = new Activity("the start of the program").Start();
        var methods = new JsonRpcMethods().Add("trace", async () =>
        {
            await Task.Yield();
            return Activity.Current?.TraceId.ToString();
        });
        using var server = MakeServer(0, methods, new() { Transport = isOnSockets ? new SocketTransport() : new HttpListenerTransport() });
        around.Stop();
        using var client = MakeClient(server.Address);

        for (var i = 0; i < 3; i++)
        {
            var trace = await client.CallAsync<string?>("trace");
            trace.Should().NotBe(around.TraceId.ToString());
            (trace is not null).Should().Be(isListenedTo);
        }
    }
}
