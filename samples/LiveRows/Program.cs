// A server whose results arrive as they are made: rows of a query, the progress of an import, and a clock for browsers. README.md beside this file says how to call it.
using JsonRpcLite;
using LiveRows;
using static JsonRpcLite.JsonRpc;

const string Usage = "Usage: LiveRows [--port N] [--sockets]";

var port = 8889;
var options = new JsonRpcServerOptions();
for (var i = 0; i < args.Length; i++)
{
    if (args[i] == "--sockets")
        options.Transport = new SocketTransport();
    else if (args[i] == "--port" && i + 1 < args.Length && ushort.TryParse(args[i + 1], out var number))
        (port, i) = (number, i + 1);
    else
        return Fail(Usage, exitCode: 2);
}

var methods = new JsonRpcMethods()
    .Add("rows", Table.RowsAsync)
    .Add("import", Table.ImportAsync);
// In front of the methods: what a browser asks for by GET.
options.Use(next => (exchange, token) => exchange switch
{
    { Method: "GET", Path: "/clock" } => Clock.SendAsync(exchange, token),
    { Method: "GET", Path: "/clock.html" } => Clock.ShowPageAsync(exchange),
    _ => next(exchange, token),
});

try
{
    using var server = MakeServer(port, methods, options);
    var running = server.RunUntilSignalAsync();
    Console.WriteLine($"Listening on {server.Address} (Ctrl+C ends it).");
    await running;
    return 0;
}
catch (IOException e)
{
    return Fail(e.Message, exitCode: 1);
}

static int Fail(string message, int exitCode)
{
    Console.Error.WriteLine(message);
    return exitCode;
}
