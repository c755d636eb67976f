using System.Globalization;
using System.Net;
using JsonRpcLite;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

// An application with MapJsonRpc that a test starts in its own process, to end it: the echo of a number. It is also published with native AOT, which needs a contract.
//   JsonRpcLite.WebServer [port=N] [drain-delay=SECONDS]
// Prints its address, and runs until SIGTERM.
var given = args.Select(a => a.Split('=')).ToDictionary(a => a[0], a => int.Parse(a[1], CultureInfo.InvariantCulture));
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, given.GetValueOrDefault("port")));
builder.Services.AddJsonRpc(options => options.DrainDelay = TimeSpan.FromSeconds(given.GetValueOrDefault("drain-delay"))).AddService<IEcho, Echo>();
builder.Services.AddHealthChecks().AddJsonRpcHealth();

var app = builder.Build();
app.MapJsonRpc("/rpc");
app.MapHealthChecks("/health/ready");
await app.StartAsync();
Console.WriteLine(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
await app.WaitForShutdownAsync();

[JsonRpcContract]
internal partial interface IEcho
{
    Task<int> EchoAsync(int number);
}

internal sealed class Echo : IEcho
{
    public Task<int> EchoAsync(int number) => Task.FromResult(number);
}
