using System.Net;
using JsonRpcLite.Load;
using JsonRpcLite.Peers.Mcp;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

// The server and the client of the Model Context Protocol's SDK for C#, as in their documentation, without sessions and logging. Both communicate with the comparison like every
// other server and client.
if (args is ["client"])
{
    var arguments = new Dictionary<string, object?> { ["minuend"] = 42, ["subtrahend"] = 23 };
    await ClientLoop.RunAsync<CallToolResult>(
        isAsync: true,
        address =>
        {
            var client = McpClient.CreateAsync(
                new HttpClientTransport(new() { Endpoint = address, TransportMode = HttpTransportMode.StreamableHttp })).GetAwaiter().GetResult();
            return () => client.CallToolAsync("subtract", arguments).AsTask();
        },
        result => result.Content is [TextContentBlock { Text: "19" }]);
    return;
}

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
builder.Services.AddMcpServer().WithHttpTransport(http => http.Stateless = true).WithTools<Tools>();
var app = builder.Build();
app.MapMcp();
app.Start();
Console.WriteLine(new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port);
while (Console.ReadLine() is not null)
    Console.WriteLine(Usage.OfThisProcess());
