using System.Net;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class KindsOnHttpListener() : KindTests(new HttpListenerHost());

public sealed class KindsInMemory() : KindTests(new InMemoryHost());

public sealed class KindsOnSockets() : KindTests(new SocketHost());

public sealed class KindsOnPortableSockets() : KindTests(new PortableSocketHost());

public sealed class KindsOnAspNetCore() : KindTests(new AspNetCoreHost());

/// <summary>A plain call to a JSON-RPC server, and the other way round: a failure that explains it, before anything runs.</summary>
public abstract class KindTests : HostTests
{
    private int _runs;

    private protected KindTests(Host host)
        : base(host)
    {
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Command_on_a_JSON_RPC_server_fails_and_says_Call(bool isHandler)
    {
        var methods = new JsonRpcMethods().Add("run", () => ++_runs);
        var server = isHandler ? ServeRaw(JsonRpc.MakeHandler(methods)) : Serve(methods);
        using var client = server.MakeClient();

        // The second would run a method.
        foreach (var command in new object[] { new { a = 1 }, new { jsonrpc = "2.0", method = "run", id = 1 } })
        {
            var thrown = (await client.Invoking(c => c.CommandAsync(command)).Should().ThrowAsync<JsonRpcException>()).Which;
            client.Invoking(c => c.Command(command)).Should().Throw<JsonRpcException>().WithMessage(thrown.Message);
            client.Invoking(c => c.Command<object, JsonNode?>(command)).Should().Throw<JsonRpcException>().WithMessage(thrown.Message);

            (thrown.Code, thrown.StatusCode).Should().Be((JsonRpcErrorCodes.Refused, HttpStatusCode.BadRequest));
            thrown.Message.Should().Contain("JSON-RPC server").And.Contain("use Call");
        }
        _runs.Should().Be(0);
        (await client.CallAsync<int>("run")).Should().Be(1, "the client still works");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Call_on_a_plain_server_fails_and_says_Command(bool isHandler)
    {
        Func<JsonNode?, JsonNode?> looksRight = call =>
        {
            _runs++;
            return new JsonObject { ["jsonrpc"] = "2.0", ["result"] = 1, ["id"] = call is JsonObject ? call["id"]?.DeepClone() : null };
        };
        var server = isHandler ? ServeRaw(JsonRpc.MakeHandler(looksRight)) : Serve(looksRight);
        using var client = server.MakeClient();
        var batch = client.CreateBatch();
        var inBatch = batch.CallAsync("run");

        foreach (var call in new Func<Task>[] { () => client.CallAsync("run"), () => client.NotifyAsync("run"), () => batch.SendAsync(), () => inBatch })
            (await FluentActions.Awaiting(call).Should().ThrowAsync<JsonRpcException>()).Which.Message.Should().Contain("plain server").And.Contain("use Command");
        client.Invoking(c => c.Call("run")).Should().Throw<JsonRpcException>();
        client.Invoking(c => c.Notify("run")).Should().Throw<JsonRpcException>();

        _runs.Should().Be(0);
        (await client.CommandAsync(7))!["result"]!.GetValue<int>().Should().Be(1, "a result with such members is a result");
    }

    [Fact]
    public async Task A_call_that_does_not_declare_its_kind_is_served_by_both()
    {
        var plain = Serve(Echo);
        var rpc = Serve(new JsonRpcMethods().Add("run", () => ++_runs));

        (await plain.ExchangeAsync(RawRequest.Post("1"))).Status.Should().Be(200);
        (await rpc.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"run","id":1}"""))).Text.Should().Contain("\"result\":1");
    }

    [Fact]
    public async Task A_custom_handler_accepts_either_kind()
    {
        var server = ServeRaw((exchange, _) =>
        {
            exchange.Reply(200, "application/json", """{"error":{"code":1,"message":"a member of the result"}}""");
            return default;
        });
        using var client = server.MakeClient();

        (await client.CommandAsync(1))!["error"]!["code"]!.GetValue<int>().Should().Be(1);
    }

    [Theory]
    [InlineData("application/json;charset=utf-8;", 200)]
    [InlineData("application/json; charset=utf-8; ", 200)]
    [InlineData("application/json;; charset=\"UTF-8\"", 200)]
    [InlineData("application/json;x=\"a;charset=latin1\"", 200)]
    [InlineData("not a type at all charset", 200)]
    [InlineData("application/json; charset = utf8", 200)]
    [InlineData("application/json;charset=utf-16;", 415)]
    [InlineData("application/json;x=1;charset=\"iso-8859-1\"", 415)]
    public async Task Only_another_charset_is_415(string contentType, int status)
    {
        var server = Serve(Echo);

        (await server.ExchangeAsync(RawRequest.Post("1").With("Content-Type", contentType))).Status.Should().Be(status);
    }
}
