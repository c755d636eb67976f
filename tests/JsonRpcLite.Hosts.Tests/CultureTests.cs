using JsonRpcLite.Tests;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Hosts.Tests;

[Collection(CultureScope.Collection)]
public sealed class CultureOnHttpListener() : CultureTests(new HttpListenerHost());

[Collection(CultureScope.Collection)]
public sealed class CultureOnSockets() : CultureTests(new SocketHost());

[Collection(CultureScope.Collection)]
public sealed class CultureOnPortableSockets() : CultureTests(new PortableSocketHost());

[Collection(CultureScope.Collection)]
public sealed class CultureInMemory() : CultureTests(new InMemoryHost());

/// <summary>What is sent, and the text of messages, does not depend on the culture of the process: here a decimal comma, and a language whose capital i has a dot.</summary>
public abstract class CultureTests : HostTests
{
    private protected CultureTests(Host host)
        : base(host)
    {
    }

    [Theory]
    [InlineData("de-DE", false)]
    [InlineData("de-DE", true)]
    public async Task The_message_of_a_clients_time_out_has_a_decimal_point(string culture, bool isSynchronous)
    {
        using var scope = new CultureScope(culture);
        var running = new TaskCompletionSource();
        var ending = new TaskCompletionSource();
        var server = ServeAsync(async (_, _) =>
        {
            running.TrySetResult();
            await ending.Task;
            return null;
        });
        var clock = new ManualClock();
        using var client = server.MakeClient(new() { Timeout = TimeSpan.FromSeconds(2.5), TimeProvider = clock });

        var calling = isSynchronous ? OwnThread.Run(() => client.Command(1)) : client.CommandAsync(1);
        await running.Task;
        clock.Advance(TimeSpan.FromSeconds(2.5));
        var thrown = (await FluentActions.Awaiting(() => calling).Should().ThrowAsync<TaskCanceledException>()).Which;
        ending.SetResult();

        thrown.Message.Should().Contain(" 2.5 s");
        thrown.InnerException!.Message.Should().Contain(" 2.5 s");
    }

    [Theory]
    [InlineData("tr-TR")]
    [InlineData("de-DE")]
    public async Task Protocol_keywords_are_recognized_in_any_case(string culture)
    {
        using var scope = new CultureScope(culture);
        var server = Serve(Echo, o => o.AllowedOrigins = ["http://i.example"]);

        var reply = await server.ExchangeAsync(
            RawRequest.Post("0.5").With("CONTENT-TYPE", "APPLICATION/JSON; CHARSET=UTF-8").With("ORIGIN", "http://i.example").With("CONTENT-ENCODING", "IDENTITY"));
        var small = await server.ExchangeAsync(
            RawRequest.Post("0.5").With("content-type", "application/json; charset=utf-8").With("origin", "http://i.example").With("content-encoding", "identity"));

        foreach (var each in new[] { reply, small })
        {
            each.Status.Should().Be(200);
            each.Text.Should().Be("{\"echo\":0.5}");
            each["ACCESS-CONTROL-ALLOW-ORIGIN"].Should().Be("http://i.example");
        }
    }

    [Theory]
    [InlineData("tr-TR")]
    [InlineData("sv-SE")]
    public async Task Numbers_and_names_of_calls_are_sent_unchanged(string culture)
    {
        using var scope = new CultureScope(culture);
        var server = Serve(new JsonRpcMethods().Add("TITLE", (double id, int index) => id + index));
        using var client = server.MakeClient();

        (await client.CallAsync<double>("TITLE", new { ID = 0.5, Index = -3 })).Should().Be(-2.5);
        client.Call<double>("TITLE", (0.5, -3)).Should().Be(-2.5);
        var thrown = (await client.Invoking(c => c.CallAsync("title")).Should().ThrowAsync<JsonRpcException>()).Which;

        thrown.Code.Should().Be(-32601);
    }
}
