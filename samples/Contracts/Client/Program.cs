// Calls the warehouse on port 8891, or at the address in the argument.
using JsonRpcLite;
using Warehouse;

using var client = JsonRpc.MakeClient(new Uri(args is [var given] ? given : "http://localhost:8891/"));
var warehouse = client.As<IWarehouse>();

await foreach (var item in warehouse.ListAsync())
    Console.WriteLine($"{item.Count} of {item.Name}");

var purchasing = new Purchasing(warehouse);
Console.WriteLine(await purchasing.TakeAsync("bolt", 20));
Console.WriteLine(await purchasing.TakeAsync("washer", 1000));

// Several calls in one exchange.
using var batch = client.CreateBatch();
var inBatch = batch.As<IWarehouse>();
var bolts = inBatch.CountAsync("bolt");
var nuts = inBatch.CountAsync("nut");
await inBatch.LogAsync("A client counts the stock.");
await batch.SendAsync();
Console.WriteLine($"{await bolts} bolts and {await nuts} nuts are left");
