// An echo server for the console, and its client. README.md beside this file says how to run both.
using System.Text.Json;
using System.Text.Json.Nodes;
using Shared;
using static JsonRpcLite.JsonRpc;

var arguments = new CommandLine(args, port: 12345, "--log", "call JSON");
return arguments["call"] is { } json ? await CallAsync(json) : await ServeAsync();

Task<int> ServeAsync() => ConsoleServer.RunAsync(
    () => MakeServer(arguments.Port, (JsonNode? command) => new JsonObject { ["echo"] = command }, new() { TrafficLog = arguments.Has("--log") ? Console.Out : null }),
    address => $$"""curl -d '{"hello":"wörld 😀"}' {{address}}""");

async Task<int> CallAsync(string json)
{
    try
    {
        using var client = MakeClient(arguments.Port);
        var reply = await client.CommandAsync<JsonElement>(JsonElement.Parse(json));
        Console.WriteLine(reply.GetRawText());
        return 0;
    }
    catch (Exception e) when (e is JsonRpcLite.JsonRpcException or HttpRequestException or TaskCanceledException)
    {
        Console.Error.WriteLine(e.Message);
        return 1;
    }
    catch (JsonException e)
    {
        Console.Error.WriteLine($"That is not JSON: {e.Message}");
        return 2;
    }
}
