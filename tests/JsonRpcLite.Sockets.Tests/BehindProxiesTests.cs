using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Sockets.Tests;

/// <summary>The caller's address behind real proxies, which docs/deploy.md configures, and a client that forges it.</summary>
public sealed class BehindProxiesTests : SocketTests
{
    private static readonly IPAddress Client = IPAddress.Parse("127.0.0.7");

    [BalancerFact]
    public async Task HAProxy_identifies_its_caller_whatever_the_client_says()
    {
        var lines = (await File.ReadAllLinesAsync(Path.Combine(DeployFolder(), "haproxy.cfg")))
            .Where(line => line.Contains("X-Forwarded-For", StringComparison.Ordinal) || line.Contains("forwardfor", StringComparison.Ordinal));
        var server = ServeWho();
        using var balancer = new Balancer([server.Address], string.Join('\n', lines));
        balancer.WaitForServer(0);

        await ShouldKnowTheClientAsync(balancer.Address);
    }

    [NginxTheory]
    [InlineData("$proxy_add_x_forwarded_for")]
    [InlineData("$remote_addr")]
    public async Task Nginx_identifies_its_caller_whatever_the_client_says(string value)
    {
        var server = ServeWho();
        using var nginx = new Nginx(server.Address, $"proxy_set_header X-Forwarded-For {value};");

        await ShouldKnowTheClientAsync(nginx.Address);
    }

    private JsonRpcServer ServeWho() => Serve(
        new JsonRpcMethods().Add("who", (JsonRpcCall call) => call.Exchange.RemoteEndPoint!.ToString()), options => options.TrustedProxies = [IPNetwork.Parse("127.0.0.1/32")]);

    private static async Task ShouldKnowTheClientAsync(Uri proxy)
    {
        var call = RawRequest.Post("""{"jsonrpc":"2.0","method":"who","id":1}""");
        foreach (var request in new[] { call, call.With("X-Forwarded-For", "6.6.6.6"), call.With("X-Forwarded-For", "unknown").With("Forwarded", "for=6.6.6.6")
            .With("X-Real-IP", "6.6.6.6") })
        {
            using var connection = await RawConnection.OpenAsync(proxy.Port, Client);
            await connection.SendAsync(request);
            var reply = (await connection.ReceiveAsync())!;

            JsonNode.Parse(reply.Text)!["result"]!.GetValue<string>().Should().Be($"{Client}:0");
        }
    }

    private static string DeployFolder([CallerFilePath] string thisFile = "") => Path.GetFullPath(Path.Combine(thisFile, "../../../docs/deploy"));
}
