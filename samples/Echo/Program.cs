// An echo server for the console, and its client. README.md beside this file says how to run both.
using System.Text.Json;
using System.Text.Json.Nodes;
using JsonRpcLite;
using static JsonRpcLite.JsonRpc;

const string Usage = """
    Usage: Echo [--port N] [--log]        answers {"echo": ...} until Ctrl+C; port 12345, 0 for any that is free
           Echo call JSON [--port N]      sends JSON to such a server and prints the answer
    """;

var port = 12345;
var isLogged = false;
string? toSend = null;
for (var i = 0; i < args.Length; i++)
{
    if (args[i] == "--log")
        isLogged = true;
    else if (args[i] == "--port" && i + 1 < args.Length && ushort.TryParse(args[i + 1], out var number))
        (port, i) = (number, i + 1);
    else if (args[i] == "call" && i + 1 < args.Length && toSend is null)
        toSend = args[++i];
    else
        return Fail(Usage, exitCode: 2);
}
return toSend is null ? await ServeAsync() : await CallAsync(toSend);

async Task<int> ServeAsync()
{
    try
    {
        using var server = MakeServer(port, (JsonNode? command) => new JsonObject { ["echo"] = command }, new() { TrafficLog = isLogged ? Console.Out : null });
        // From here on a signal stops it cleanly, also one that comes before the first line is read.
        var running = server.RunUntilSignalAsync();
        Console.WriteLine($$"""
            Listening on {{server.Address}} (Ctrl+C ends it). Try:
              curl -d '{"hello":"wörld 😀"}' {{server.Address}}
            """);
        await running;
        Console.WriteLine("Stopped.");
        return 0;
    }
    catch (IOException e)
    {
        return Fail(e.Message, exitCode: 1);
    }
}

async Task<int> CallAsync(string json)
{
    try
    {
        using var client = MakeClient(port);
        var reply = await client.CommandAsync<JsonElement>(JsonElement.Parse(json));
        Console.WriteLine(reply.GetRawText());
        return 0;
    }
    catch (Exception e) when (e is JsonRpcException or HttpRequestException or TaskCanceledException)
    {
        return Fail(e.Message, exitCode: 1);
    }
    catch (JsonException e)
    {
        return Fail($"That is not JSON: {e.Message}", exitCode: 2);
    }
}

static int Fail(string message, int exitCode)
{
    Console.Error.WriteLine(message);
    return exitCode;
}
