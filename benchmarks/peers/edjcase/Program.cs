using System.Net;
using EdjCase.JsonRpc.Router;
using JsonRpcLite.Load;
using JsonRpcLite.Peers.EdjCase;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

// EdjCase.JsonRpc.Router on Kestrel, as in its documentation, without logging. Like every other server, it writes its port on the first line, and its usage after each line that
// it reads.
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
builder.Services.AddAuthorization().AddJsonRpc();
var app = builder.Build();
app.UseJsonRpc(routes => routes.AddController<Calculator>());
app.Start();
Console.WriteLine(new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port);
while (Console.ReadLine() is not null)
    Console.WriteLine(Usage.OfThisProcess());
