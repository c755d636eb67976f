using System.Text.Json;

namespace JsonRpcLite.Tool;

/// <summary><c>jsonrpc call</c>: calls a method and prints its result.</summary>
internal static class CallCommand
{
    public static readonly Command Command = new("call", "calls a method and prints its result", """
        jsonrpc call SERVER METHOD [PARAMS] [options]

        Calls a method and prints its result: indented on a terminal, in one line in a pipe.

          jsonrpc call http://localhost:12345/ subtract '[42, 23]'
          jsonrpc call 12345 subtract '{"minuend": 42, "subtrahend": 23}'
              parameters by position, or by name; 12345 is a port of this machine
          jsonrpc call 12345 order.place - < order.json
              parameters from standard input
          jsonrpc call 12345 rows '{"count": 3}' | jq .name
              a method that streams: each item is printed as it comes, in one line
          jsonrpc call unix:/run/app.sock status
              over a Unix domain socket; unix:/run/app.sock:/rpc names the path /rpc of its server
          jsonrpc call https://api.example.com/rpc whoami -H "Authorization: Bearer $TOKEN"
          jsonrpc call 12345 order.place @order.json --key 7d0f --timeout 5s
              parameters from a file; with the key, a server that keeps keys runs the call once however often it is sent

        Options:
          -H, --header "Name: value"   a header of the request; may be given several times.
                                       -H @FILE reads one from each line, and keeps them out of ps
              --key KEY                an Idempotency-Key. The reply then comes in one piece
              --timeout TIME           how long to wait for the server: 5s, 500ms, 2m; 30 s by default.
                                       For a stream, how long the server may be silent
              --notify                 send a notification, which the server does not answer

        An error of the server is printed on standard error, with its code, message and data.
        Exit codes: 0 success, 1 the server answered with an error, 2 wrong usage, 3 no proper answer, 130 Ctrl+C.

        """, RunAsync);

    private static async Task<int> RunAsync(string[] given, CancellationToken cancellationToken)
    {
        var arguments = new Arguments(given, ["--notify"], ["--header", "--key", "--timeout"]);
        var (server, method, text) = arguments.Rest switch
        {
            [var s, var m] => (s, m, null),
            [var s, var m, var p] => (s, m, p),
            [] or [_] => throw new UsageException("A server and a method are needed: jsonrpc call SERVER METHOD [PARAMS]."),
            [_, _, _, var more, ..] => throw new UsageException($"'{more}' is one argument too many. Put quotation marks around the parameters: '[1, 2]'."),
        };
        var address = ServerAddress.Read(server);
        using var client = address.MakeClient(arguments);
        var parameters = await Parameters.ReadAsync(text, cancellationToken).ConfigureAwait(false);
        var key = arguments.Find("--key");
        var calls = key is null ? client : client.With(UsageException.Check(() => new JsonRpcCallOptions { IdempotencyKey = key }));
        if (arguments.Has("--notify"))
            await calls.NotifyAsync(method, parameters, cancellationToken).ConfigureAwait(false);
        // What has left of a stream is not kept under a key, so the library refuses to stream with one.
        else if (key is not null)
            Terminal.WriteJson(await calls.CallAsync<JsonElement>(method, parameters, cancellationToken).ConfigureAwait(false));
        else
            await PrintAsync(calls, method, parameters, cancellationToken).ConfigureAwait(false);
        return ExitCodes.Success;
    }

    private static async Task PrintAsync(JsonRpcClient client, string method, JsonElement? parameters, CancellationToken cancellationToken)
    {
        await foreach (var (kind, value) in client.ReadPartsAsync<JsonElement>(method, parameters, cancellationToken).ConfigureAwait(false))
        {
            if (kind == StreamMessageKind.Progress)
            {
                Terminal.WriteProgress($"{method}: {Terminal.ErrorTextOf(value)}");
                continue;
            }
            Terminal.WriteProgress("");
            Terminal.WriteJson(value, isOneLine: kind == StreamMessageKind.Item);
        }
    }
}
