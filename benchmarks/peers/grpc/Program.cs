using System.Net;
using Grpc.Net.Client;
using JsonRpcLite.Load;
using JsonRpcLite.Peers.Grpc;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

// Grpc.AspNetCore on Kestrel and Grpc.Net.Client, as in their documentation, without logging and TLS. Both communicate with the comparison like every other server and client.
if (args is ["client"])
{
    await ClientLoop.RunAsync<SubtractReply>(
        isAsync: true,
        address =>
        {
            var client = new Calculator.CalculatorClient(GrpcChannel.ForAddress(address));
            return () => client.SubtractAsync(new SubtractRequest { Minuend = 42, Subtrahend = 23 }).ResponseAsync;
        },
        reply => reply.Difference == 19);
    return;
}

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
builder.Services.AddGrpc();
var app = builder.Build();
app.MapGrpcService<CalculatorService>();
app.Start();
Console.WriteLine(new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port);
while (Console.ReadLine() is not null)
    Console.WriteLine(Usage.OfThisProcess());
