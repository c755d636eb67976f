using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Samples.Tests;

/// <summary>The rows of seed 004, on the sample as a user starts it.</summary>
public sealed class KeyValueStoreTests : IDisposable
{
    private readonly Command _sample = Command.StartSample("KeyValueStore", "--port", "0");
    private readonly Uri _address;

    public KeyValueStoreTests() => _address = new Uri(_sample.WaitForLine("Listening on").Split(' ')[2]);

    public void Dispose() => _sample.Dispose();

    [Fact]
    public async Task The_walk_through_of_its_README_works_word_for_word()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "samples/KeyValueStore/README.md"));
        var lines = readme.Split('\n').Where(line => line.StartsWith("curl ", StringComparison.Ordinal)).ToList();
        var outputs = new List<string>();

        foreach (var line in lines)
            outputs.Add((await Command.RunAsync("sh", "-c", line.Replace("curl ", "curl -sS ", StringComparison.Ordinal)
                .Replace("http://localhost:6111", _address.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal))).Output);

        outputs.Should().Equal(
            "",
            "K: A quick brown fox jumps over the lazy dog.",
            "",
            """{"hello":"world"}""",
            """{"/":["text/text","httpdb, JsonRpcLite/0.1"],"/hello":["text/text","K: A quick brown fox jumps over the lazy dog."],"/json":["application/json",{"hello":"world"}]}""",
            """{"jsonrpc":"2.0","result":true,"id":1}""",
            """{"jsonrpc":"2.0","result":{"price":2.5},"id":2}""");
        readme.Should().Contain(outputs[4]);
    }

    [Fact]
    public async Task A_new_key_is_201_and_a_known_one_200_both_without_a_body()
    {
        var first = await ExchangeAsync("POST", "/new", "1");
        var second = await ExchangeAsync("POST", "/new", "two");

        first.Should().StartWith("HTTP/1.1 201 Created\r\n").And.EndWith("\r\n\r\n");
        second.Should().StartWith("HTTP/1.1 200 OK\r\n").And.EndWith("\r\n\r\n");
        (await ExchangeAsync("GET", "/new")).Should().Contain("Content-Type: text/text\r\n").And.EndWith("\r\n\r\ntwo");
    }

    [Fact]
    public async Task An_unknown_key_is_404_and_another_method_501()
    {
        (await ExchangeAsync("GET", "/x")).Should().StartWith("HTTP/1.1 404 Not Found\r\n").And.EndWith("\r\n\r\nKey '/x' not found.");
        (await ExchangeAsync("PUT", "/x", "1")).Should().StartWith("HTTP/1.1 501 ").And.EndWith("Method PUT Not Implemented\n");
        (await ExchangeAsync("POST", "/_all", "1")).Should().StartWith("HTTP/1.1 501 ").And.EndWith("Method POST Not Implemented\n");
    }

    [Fact]
    public async Task JSON_is_stored_as_JSON_and_malformed_JSON_is_refused_and_not_stored()
    {
        var refused = await ExchangeAsync("POST", "/json", "{\"a\":", "Content-Type: application/json\r\n");
        (await ExchangeAsync("GET", "/json")).Should().StartWith("HTTP/1.1 404 ");
        await ExchangeAsync("POST", "/json", " { \"a\" : 1.0 } ", "Content-Type: application/json\r\n");

        refused.Should().StartWith("HTTP/1.1 400 ").And.Contain("LineNumber");
        (await ExchangeAsync("GET", "/json")).Should().Contain("Content-Type: application/json\r\n").And.EndWith("\r\n\r\n{\"a\":1.0}");
    }

    [Fact]
    public async Task The_banner_can_be_replaced_and_a_page_shows_the_time()
    {
        (await ExchangeAsync("GET", "/")).Should().EndWith("\r\n\r\nhttpdb, JsonRpcLite/0.1");
        (await ExchangeAsync("POST", "/", "mine")).Should().StartWith("HTTP/1.1 200 ");

        (await ExchangeAsync("GET", "/")).Should().EndWith("\r\n\r\nmine");
        (await ExchangeAsync("GET", "/_now")).Should().Contain("Content-Type: text/html").And.Contain($"<h2>Now: {DateTimeOffset.Now.Year}");
    }

    [Fact]
    public async Task The_fields_of_a_reply_are_those_of_the_document()
    {
        var lines = (await ExchangeAsync("GET", "/")).Split("\r\n");

        lines.Should().Contain($"Location: http://localhost:{_address.Port}/").And.Contain("Allow: GET, HEAD, POST").And.Contain("Content-Type: text/text")
            .And.Contain("Content-Length: 23");
        foreach (var name in new[] { "Date: ", "Last-Modified: " })
        {
            var date = lines.Single(l => l.StartsWith(name, StringComparison.Ordinal))[name.Length..];
            DateTimeOffset.ParseExact(date, "r", CultureInfo.InvariantCulture).Should().BeCloseTo(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(5));
        }
        lines.Should().Contain(l => l.StartsWith("Server: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task HTTP_1_0_without_a_host_is_answered_and_closed()
    {
        var reply = await SendAsync("GET / HTTP/1.0\r\nx-colons: a:b:c\r\n\r\n");

        reply.Should().StartWith("HTTP/1.1 200 OK\r\n").And.EndWith("httpdb, JsonRpcLite/0.1").And.NotContain("Location");
    }

    [Fact]
    public async Task Long_values_with_line_breaks_come_back_as_they_were_also_in_pieces()
    {
        var value = string.Concat(Enumerable.Repeat("line\r\n\r\nanother: line\r", 300));
        using var client = new TcpClient();
        await client.ConnectAsync(_address.Host, _address.Port);

        foreach (var piece in $"POST /long HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {value.Length}\r\n\r\n{value}".Chunk(997))
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(piece));
        (await new StreamReader(client.GetStream()).ReadToEndAsync()).Should().StartWith("HTTP/1.1 201 ");

        (await ExchangeAsync("GET", "/long")).Should().EndWith($"\r\n\r\n{value}");
    }

    [Fact]
    public async Task Many_clients_use_it_at_a_time()
    {
        using var client = new HttpClient { BaseAddress = _address };

        await Parallel.ForEachAsync(Enumerable.Range(0, 200), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, token) =>
        {
            (await client.PostAsync($"/many/{i}", new StringContent($"value {i}"), token)).StatusCode.Should().Be(HttpStatusCode.Created);
            (await client.GetStringAsync($"/many/{i}", token)).Should().Be($"value {i}");
        });

        JsonNode.Parse(await client.GetStringAsync("/_all"))!.AsObject().Count(e => e.Key.StartsWith("/many/", StringComparison.Ordinal)).Should().Be(200);
    }

    [Fact]
    public async Task The_same_store_answers_JSON_RPC()
    {
        using var client = JsonRpc.MakeClient(new Uri(_address, "_rpc"));

        (await client.CallAsync<bool>("kv.set", new { key = "/text", value = "as text" })).Should().BeTrue();
        (await client.CallAsync<bool>("kv.set", new { key = "/text", value = new { n = 1 } })).Should().BeFalse();
        (await ExchangeAsync("GET", "/text")).Should().EndWith("{\"n\":1}");
        (await client.CallAsync<JsonObject>("kv.all")).Should().ContainKey("/").And.ContainKey("/text");
        (await client.Invoking(c => c.CallAsync("kv.get", new { key = "/none" })).Should().ThrowAsync<JsonRpcException>()).Which.Message.Should().Contain("Key '/none' not found.");
        await client.Invoking(c => c.CallAsync("kv.set", new { key = "/_all", value = 1 })).Should().ThrowAsync<JsonRpcException>();
        (await ExchangeAsync("GET", "/_rpc")).Should().StartWith("HTTP/1.1 405 ");
    }

    private Task<string> ExchangeAsync(string method, string path, string? body = null, string fields = "")
    {
        var length = body is null ? "" : $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n";
        return SendAsync($"{method} {path} HTTP/1.1\r\nHost: localhost:{_address.Port}\r\nConnection: close\r\n{fields}{length}\r\n{body}");
    }

    private async Task<string> SendAsync(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_address.Host, _address.Port);
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(request));
        return await new StreamReader(client.GetStream()).ReadToEndAsync();
    }
}
