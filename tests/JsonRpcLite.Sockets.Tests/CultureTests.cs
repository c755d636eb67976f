using JsonRpcLite.Tests;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Sockets.Tests;

[Collection(CultureScope.Collection)]
public sealed class CultureTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task The_message_of_a_connect_time_out_has_a_decimal_point(bool useEventLoops, bool isSynchronous)
    {
        using var scope = new CultureScope("de-DE");
        using var full = new FullPort();
        var clock = new ManualClock();
        using var client = MakeClient(
            full.Port, new() { Transport = new SocketClientTransport { UseEventLoops = useEventLoops, ConnectTimeout = TimeSpan.FromSeconds(1.5) }, TimeProvider = clock });

        var calling = isSynchronous ? OwnThread.Run(() => client.Command(1)) : client.CommandAsync(1);
        full.WaitForAttempt();
        clock.Advance(TimeSpan.FromSeconds(1.5));

        (await FluentActions.Awaiting(() => calling).Should().ThrowAsync<TaskCanceledException>()).Which.InnerException!.Message.Should().Contain(" 1.5 s");
    }
}
