using JsonRpcLite;
using static JsonRpcLite.JsonRpc;

// The address of another server can be given as an argument.
using var client = MakeClient(new Uri(args is [var address] ? address : "http://localhost:12345/"));
try
{
    Console.WriteLine(await client.CallAsync<string>("hello", new { name = "world" }));
    return 0;
}
catch (Exception e) when (e is JsonRpcException or HttpRequestException or TaskCanceledException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
