using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Tool;

/// <summary><c>jsonrpc serve</c>: a server to try clients against.</summary>
internal static class ServeCommand
{
    public static readonly Command Command = new("serve", "serves echoes, or the examples of an OpenRPC document", """
        jsonrpc serve PORT [options]

        Serves until Ctrl+C, on this machine only. Port 0 is any that is free; the first line says which.

          jsonrpc serve 12345
              answers every method with its parameters
          jsonrpc serve 12345 --mock openrpc.json
              answers the methods of an OpenRPC document by its examples, or else by values that fit the schemas;
              unknown methods, and parameters that are missing, are errors as the real server would have them
          jsonrpc serve --unix /tmp/app.sock
              listens on a Unix domain socket
          jsonrpc serve 12345 --log
              prints what is received and sent on standard error

        Options:
              --echo         answer every method with its parameters; the default
              --mock FILE    answer by an OpenRPC document, such as jsonrpc list SERVER --json prints
              --unix PATH    listen on a Unix domain socket in place of a port
              --log          print what is received and sent

        Exit codes: 0 stopped by Ctrl+C or SIGTERM, 2 wrong usage, 3 the port is in use.

        """, RunAsync);

    private static async Task<int> RunAsync(string[] given, CancellationToken cancellationToken)
    {
        var arguments = new Arguments(given, ["--echo", "--log"], ["--mock", "--unix"]);
        var path = arguments.Find("--unix");
        var port = (arguments.Rest, path) switch
        {
            ([], not null) => 0,
            ([var text], null) => Arguments.ReadNumber("PORT", text, 0, 65535),
            _ => throw new UsageException("Either a port or a socket is needed: jsonrpc serve PORT, or jsonrpc serve --unix PATH."),
        };
        var mock = arguments.Find("--mock");
        if (mock is not null && arguments.Has("--echo"))
            throw new UsageException("A server answers by --echo or by --mock, not by both.");
        var methods = mock is null ? Echo() : MockMethods.Of(await OpenRpc.ReadAsync(mock, cancellationToken).ConfigureAwait(false));
        var transport = new SocketTransport { EndPoint = path is null ? null : UsageException.Check(() => new UnixDomainSocketEndPoint(path)) };
        using var server = MakeServer(port, methods, new()
        {
            Transport = transport,
            TrafficLog = arguments.Has("--log") ? Terminal.Error : null,
            Discovery = { Enabled = mock is null, Title = "jsonrpc serve" },
        });
        if (server is null)
            return ExitCodes.NoAnswer;
        // From here on a signal stops it cleanly, also one that comes before the first line is read.
        var running = server.RunUntilSignalAsync(CancellationToken.None);
        var address = path is null ? server.Address.ToString() : $"unix:{path}";
        await Terminal.Out.WriteLineAsync($"Listening on {address} (Ctrl+C ends it).").ConfigureAwait(false);
        await running.ConfigureAwait(false);
        return ExitCodes.Success;
    }

    /// <summary>Starts to listen; <c>null</c> where that fails, which standard error then says.</summary>
    private static JsonRpcServer? MakeServer(int port, JsonRpcMethods methods, JsonRpcServerOptions options)
    {
        try
        {
            return JsonRpc.MakeServer(port, methods, options);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            Terminal.Error.WriteLine(Terminal.Shown(e.Message));
            return null;
        }
    }

    /// <summary>One name stands in the list, so that a user sees what there is to call; any other is answered too.</summary>
    private static JsonRpcMethods Echo() => new JsonRpcMethods()
        .Add("echo", EchoAsync)
        .Describe("echo", new() { Summary = "Answers with its parameters, as any other name does." })
        .AddFallback(EchoAsync);

    private static ValueTask EchoAsync(JsonRpcCall call, CancellationToken cancellationToken)
    {
        if (!call.Parameters.IsEmpty)
            call.Result.WriteRawValue(call.Parameters.Span);
        return default;
    }
}
