using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Samples.Tests;

/// <summary>
/// The requirements of the first specification, "remote procedure calls over POST", row by row, on the default transports. Many functions (row 18) are
/// JSON-RPC.
/// </summary>
public sealed class SeedRows000Tests : IDisposable
{
    private const string Emoji = "😀❤️🐳💡🎉";

    private readonly JsonRpcServer _server = MakeServer(0, Foo);
    private readonly JsonRpcClient _client;

    public SeedRows000Tests() => _client = MakeClient(Port);

    private int Port => _server.Address.Port;

    private static JsonNode? Foo(JsonNode? input) => new JsonObject { ["echo"] = input };

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public void Row_1_the_server_hands_the_decoded_JSON_to_func_and_answers_what_it_returns()
    {
        JsonNode? seen = null;
        using var server = MakeServer(port: 0, func: input =>
        {
            seen = input;
            return 42;
        });
        using var client = MakeClient(server.Address);

        client.Command(new { a = new[] { 1, 2 } })!.GetValue<int>().Should().Be(42);
        seen!["a"]![1]!.GetValue<int>().Should().Be(2);
    }

    [Fact]
    public void Row_2_a_clients_command_gives_what_func_returns()
    {
        using var client = MakeClient(port: Port);

        client.Command(new { x = 1 })!.ToJsonString().Should().Be("""{"echo":{"x":1}}""");
    }

    [Theory]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("-1.50e3")]
    [InlineData("\"text\"")]
    [InlineData("[1,[2,[]],{}]")]
    [InlineData("""{"a":{"b":null}}""")]
    public void Row_3_any_JSON_in_and_any_JSON_out(string json)
    {
        using var server = MakeServer(0, x => x);
        using var client = MakeClient(server.Address);

        (client.Command(JsonNode.Parse(json))?.ToJsonString() ?? "null").Should().Be(json);
    }

    [Fact]
    public async Task Row_4_the_path_is_ignored() =>
        (await RawConnection.ExchangeAsync(Port, RawRequest.Post("1") with { Target = "/some/where?else" })).Text.Should().Be("""{"echo":1}""");

    [Fact]
    public async Task Row_5_the_body_is_exactly_as_long_as_its_Content_Length()
    {
        using var connection = await RawConnection.OpenAsync(Port);

        await connection.SendAsync(RawRequest.Post("12") with { Body = "123"u8.ToArray(), Fields = [("Content-Length", "2")] });

        (await connection.ReceiveAsync())!.Text.Should().Be("""{"echo":12}""");
    }

    [Theory]
    [InlineData(null, "1", 411)]
    [InlineData("ten", "1", 400)]
    [InlineData("-1", "1", 400)]
    [InlineData("99999999999999999999", "1", 400)]
    [InlineData("17000000", "1", 413)]
    [InlineData("1", "{", 400)]
    public async Task Row_6_a_bad_length_or_body_is_a_clean_error_and_the_server_keeps_running(string? length, string body, int status)
    {
        var request = RawRequest.Post(body) with { AddsFraming = false, Fields = [("Host", $"localhost:{Port}")] };

        var reply = await RawConnection.ExchangeAsync(Port, length is null ? request : request.With("Content-Length", length));

        reply.Status.Should().Be(status);
        _client.Command(1)!.ToJsonString().Should().Be("""{"echo":1}""");
    }

    [Fact]
    public async Task Row_6_a_body_shorter_than_its_Content_Length_is_never_a_call()
    {
        var calls = 0;
        using var server = MakeServer(0, x => ++calls);
        using (var connection = await RawConnection.OpenAsync(server.Address.Port))
        {
            await connection.SendAsync($"POST / HTTP/1.1\r\nHost: localhost:{server.Address.Port}\r\nContent-Length: 10\r\n\r\n123");
            connection.ShutdownSend();
            (await connection.ReceiveToEndAsync()).Should().NotContain("200 OK");
        }

        using var client = MakeClient(server.Address);
        client.Command(1)!.GetValue<int>().Should().Be(1, "this is the first call");
    }

    [Fact]
    public async Task Row_7_the_bytes_on_the_wire_are_UTF8_in_both_directions()
    {
        var reply = await RawConnection.ExchangeAsync(Port, RawRequest.Post([(byte)'"', 0xE5, 0xAE, 0xB6, (byte)'"']));

        reply.Body.Should().Equal([.. "{\"echo\":\""u8, 0xE5, 0xAE, 0xB6, .. "\"}"u8]);
    }

    [Fact]
    public async Task Row_8_invalid_UTF8_is_an_error_and_no_replacement_character()
    {
        var reply = await RawConnection.ExchangeAsync(Port, RawRequest.Post([(byte)'"', 0xE5, 0xAE, (byte)'"']));

        reply.Status.Should().Be(400);
        reply.Text.Should().NotContain("\ufffd");
    }

    [Fact]
    public async Task Row_9_emoji_survive_both_ways()
    {
        _client.Command(Emoji)!["echo"]!.GetValue<string>().Should().Be(Emoji);
        _client.Command("\U0001F600")!["echo"]!.GetValue<string>().Should().Be("\U0001F600");
        (await RawConnection.ExchangeAsync(Port, RawRequest.Post($"\"{Emoji}\""))).Text.Should().Be($$"""{"echo":"{{Emoji}}"}""");
    }

    [Fact]
    public void Row_10_echo_answers_an_object_with_the_input_in_echo() => _client.Command("obj")!.ToJsonString().Should().Be("""{"echo":"obj"}""");

    [Fact]
    public async Task Row_11_the_content_type_is_JSON() =>
        (await RawConnection.ExchangeAsync(Port, RawRequest.Post("1")))["Content-Type"].Should().Be("application/json");

    [Fact]
    public async Task Row_12_the_length_counts_bytes()
    {
        var reply = await RawConnection.ExchangeAsync(Port, RawRequest.Post("\"家\""));

        reply["Content-Length"].Should().Be("14");
        reply.Text.Length.Should().Be(12);
    }

    [Fact]
    public async Task Row_13_connections_are_persistent()
    {
        using var connection = await RawConnection.OpenAsync(Port);
        for (var call = 1; call <= 3; call++)
        {
            await connection.SendAsync(RawRequest.Post($"{call}"));
            (await connection.ReceiveAsync())!.Text.Should().Be($$"""{"echo":{{call}}}""");
        }
    }

    [Fact]
    public async Task Row_14_the_client_understands_an_HTTP_1_0_reply_that_ends_by_closing()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = MakeClient(((IPEndPoint)listener.LocalEndpoint).Port);
        var calling = client.CommandAsync(1);
        using (var connection = await listener.AcceptSocketAsync())
        {
            var received = "";
            var buffer = new byte[4096];
            while (!received.EndsWith("\r\n\r\n1", StringComparison.Ordinal))
                received += Encoding.Latin1.GetString(buffer, 0, await connection.ReceiveAsync(buffer));
            await connection.SendAsync("HTTP/1.0 200 OK\r\nServer: BaseHTTP/0.6\r\n\r\n{\"echo\": 1}"u8.ToArray());
            connection.Shutdown(SocketShutdown.Both);
        }

        (await calling)!.ToJsonString().Should().Be("""{"echo":1}""");
    }

    [Fact]
    public async Task Row_15_curl_with_its_own_content_type_works()
    {
        var curl = await Command.RunAsync("curl", "-sS", "-d", """{"a":1}""", $"http://localhost:{Port}/");

        curl.Output.Should().Be("""{"echo":{"a":1}}""");
    }

    [Fact]
    public async Task Row_16_a_post_without_a_content_type_works()
    {
        var curl = await Command.RunAsync("curl", "-sS", "-H", "Content-Type:", "-d", """{"a":1}""", $"http://localhost:{Port}/");

        curl.Output.Should().Be("""{"echo":{"a":1}}""");
    }

    [Fact]
    public async Task Row_17_a_clients_errors_are_typed()
    {
        using var failing = MakeServer(0, x => x is null ? throw new JsonRpcException(1, "no") : x);
        using var client = MakeClient(failing.Address);
        (await client.Invoking(c => c.CommandAsync(null)).Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(1);

        await failing.StopAsync();
        (await client.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<HttpRequestException>()).Which.HttpRequestError.Should().Be(HttpRequestError.ConnectionError);
    }

    [Fact]
    public async Task Row_18_host_and_port_and_path_are_the_users_to_choose()
    {
        var here = MakeHandler(Foo);
        using var server = MakeServer(
            0, (exchange, token) => exchange.Path == "/here" ? here(exchange, token) : throw new HttpRefusalException(404, "not there"), new() { HostName = "127.0.0.1" });
        using var client = MakeClient(new Uri($"http://127.0.0.1:{server.Address.Port}/here"));
        using var lost = MakeClient(new Uri(server.Address, "/there"));

        (await client.CommandAsync(1))!.ToJsonString().Should().Be("""{"echo":1}""");
        (await lost.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<JsonRpcException>()).Which.StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Row_19_only_loopback_is_bound_unless_asked()
    {
        using var open = MakeServer(0, Foo, new() { HostName = "*" });
        using var client = MakeClient(open.Address);

        BoundAddresses(Port).Should().Equal(IPAddress.Loopback);
        BoundAddresses(open.Address.Port).Should().NotContain(IPAddress.Loopback).And.NotBeEmpty();
        (await client.CommandAsync(1))!.ToJsonString().Should().Be("""{"echo":1}""");
    }

    private static IPAddress[] BoundAddresses(int port) =>
        [.. IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Where(e => e.Port == port).Select(e => e.Address)];
}
