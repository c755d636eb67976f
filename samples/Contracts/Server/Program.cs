// Serves the warehouse on port 8891, or on another by --port, until Ctrl+C.
using JsonRpcLite;
using Shared;
using Warehouse;

var methods = new JsonRpcMethods().AddService<IWarehouse>(new Shelves());
return await ConsoleServer.RunAsync(() => JsonRpc.MakeServer(new CommandLine(args, port: 8891).Port, methods));
