// Serves the warehouse on port 8891, or on the port that is given, until Ctrl+C.
using JsonRpcLite;
using Warehouse;

var port = args is [var given] ? int.Parse(given, System.Globalization.CultureInfo.InvariantCulture) : 8891;
using var server = JsonRpc.MakeServer(port, new JsonRpcMethods().AddService<IWarehouse>(new Shelves()));
Console.WriteLine($"Listening on {server.Address}");
await server.RunUntilSignalAsync();
