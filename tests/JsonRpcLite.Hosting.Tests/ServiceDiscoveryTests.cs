using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace JsonRpcLite.Hosting.Tests;

/// <summary>Clients whose address names a service with several addresses.</summary>
public class ServiceDiscoveryTests
{
    [Fact]
    public async Task Calls_go_to_the_addresses_of_the_service_in_turn_and_skip_a_dead_one()
    {
        await using var one = Serve("one");
        await using var two = Serve("two");
        var addresses = new Dictionary<string, string?>
        {
            ["Services:shop:http:0"] = one.Address.GetLeftPart(UriPartial.Authority),
            ["Services:shop:http:1"] = $"http://127.0.0.1:{DeadPort()}",
            ["Services:shop:http:2"] = two.Address.GetLeftPart(UriPartial.Authority),
        };
        var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(addresses).Build())
            .AddServiceDiscovery();
        services.AddJsonRpcClient("shop", new Uri("http://shop/"), (_, options) => options.Retry = new() { InitialBackoff = TimeSpan.FromMilliseconds(1), MaxTokens = 1000 })
            .AddServiceDiscovery();
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredKeyedService<JsonRpcClient>("shop").With(new() { Idempotency = JsonRpcIdempotency.Safe });

        var names = new List<string>();
        for (var i = 0; i < 12; i++)
            names.Add(await client.CallAsync<string>("name"));

        names.Distinct().Should().BeEquivalentTo("one", "two");
    }

    private static JsonRpcServer Serve(string name) => JsonRpc.MakeServer(0, new JsonRpcMethods().Add("name", () => name), new() { AllowedHosts = ["shop"] });

    private static int DeadPort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
