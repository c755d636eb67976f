// A program as trimming leaves it: no reflection for JSON. It prints OK and ends with 0, or says what went wrong and ends with 1.
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using JsonRpcLite;
using static JsonRpcLite.JsonRpc;

using (var server = MakeServer(0, (JsonNode? command) => new JsonObject { ["echo"] = command }))
using (var client = MakeClient(server.Address))
{
    Expect("""{"echo":{"n":1.0}}""", client.Command(JsonNode.Parse("""{"n":1.0}"""))?.ToJsonString());
    Expect("""{"echo":"text"}""", (await client.CommandAsync("text"))?.ToJsonString());
    try
    {
        client.Command(new { hello = "anonymous" });
        Expect("an exception", "none");
    }
    catch (NotSupportedException e)
    {
        Expect("True", e.Message.Contains("JsonSerializerContext", StringComparison.Ordinal).ToString());
    }
}

using (var server = MakeServer(0, (JsonNode? command) => new JsonObject { ["echo"] = command }, new() { Transport = new SocketTransport() }))
using (var client = MakeClient(server.Address, new() { Transport = new SocketClientTransport() }))
{
    Expect("{\"echo\":1}", client.Command(JsonNode.Parse("1"))?.ToJsonString());
    Expect("{\"echo\":2}", (await client.CommandAsync(JsonNode.Parse("2")))?.ToJsonString());
}

using (var server = MakeServer(0, (Order order) => new Receipt(order.Item, order.Count * 2.5m), new() { SerializerOptions = ShopContext.Default.Options }))
using (var client = MakeClient(server.Address, new() { SerializerOptions = ShopContext.Default.Options }))
{
    Expect("Receipt { Item = tea, Total = 5.0 }", client.Command<Receipt>(new Order("tea", 2)).ToString());
    Expect("Receipt { Item = tea, Total = 7.5 }", (await client.CommandAsync<Order, Receipt>(new Order("tea", 3))).ToString());
}

using (var server = MakeServer(0, new JsonRpcMethods().AddHandler("order", (Order order) => new Receipt(order.Item, 1)), new() { SerializerOptions = ShopContext.Default.Options }))
using (var client = MakeClient(server.Address, new() { SerializerOptions = ShopContext.Default.Options }))
{
    var method = client.Call("rpc.discover")!["methods"]![0]!;
    Expect("string", method["params"]![0]!["schema"]!["type"]?.ToString().Contains("string", StringComparison.Ordinal) == true ? "string" : method.ToJsonString());
    Expect("True", client.Call<string>("rpc.typescript").Contains("order: (params: OrderParams", StringComparison.Ordinal).ToString());
    Expect("number", method["result"]!["schema"]!["properties"]!["Total"]!["type"]?.ToString());
}

try
{
    using var server = MakeServer(0, (Order order) => order);
    Expect("an exception", "none");
}
catch (NotSupportedException e)
{
    Expect("True", e.Message.Contains("JsonSerializerContext", StringComparison.Ordinal).ToString());
}

Console.WriteLine("OK");
return 0;

static void Expect(string expected, string? actual)
{
    if (actual == expected)
        return;
    Console.Error.WriteLine($"Expected {expected}, got {actual ?? "null"}");
    Environment.Exit(1);
}

internal sealed record Order(string Item, int Count);

internal sealed record Receipt(string Item, decimal Total);

[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(Receipt))]
internal sealed partial class ShopContext : JsonSerializerContext;
