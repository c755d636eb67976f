using System.Net;
using System.Text.Json.Nodes;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Sockets.Tests;

/// <summary>If the end point decides where the server listens, it also decides whether a browser gets the page by default.</summary>
public class PlaygroundTests
{
    [Theory]
    [InlineData("127.0.0.1", 200)]
    [InlineData("127.0.0.2", 200)]
    [InlineData("0.0.0.0", 405)]
    public async Task The_page_is_served_by_default_if_the_end_point_is_loopback(string address, int status)
    {
        using var server = MakeServer(0, (JsonNode? x) => x, new() { Transport = new SocketTransport { EndPoint = new IPEndPoint(IPAddress.Parse(address), 0) } });
        using var browser = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, server.Address);
        request.Headers.Add("Accept", "text/html");

        using var reply = await browser.SendAsync(request);

        ((int)reply.StatusCode).Should().Be(status);
    }
}
