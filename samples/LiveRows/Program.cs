// A server whose results arrive as they are made: rows of a query, the progress of an import, and a clock for browsers. README.md beside this file says how to call it.
using JsonRpcLite;
using LiveRows;
using Shared;
using static JsonRpcLite.JsonRpc;

var arguments = new CommandLine(args, port: 8889, "--sockets");
var options = new JsonRpcServerOptions();
if (arguments.Has("--sockets"))
    options.Transport = new SocketTransport();

var methods = new JsonRpcMethods()
    .Add("rows", Table.RowsAsync)
    .Add("import", Table.ImportAsync);
// Before the methods: what a browser requests by GET.
options.Use(next => (exchange, token) => exchange switch
{
    { Method: "GET", Path: "/clock" } => Clock.SendAsync(exchange, token),
    { Method: "GET", Path: "/clock.html" } => Clock.ShowPageAsync(exchange),
    _ => next(exchange, token),
});

return await ConsoleServer.RunAsync(() => MakeServer(arguments.Port, methods, options));
