// A trimmed program: without reflection for JSON. It prints OK and exits with 0, or prints what went wrong and exits with 1.
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using JsonRpcLite;
using JsonRpcLite.TestContracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
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
        Expect("An anonymous type cannot be sent as JSON: reflection for JSON is off, as in trimmed programs", e.Message.Split('.')[0]);
    }
}

// With reflection for JSON, too: trimming has removed the properties, and the value would be sent as {}.
using (var server = MakeServer(0, (JsonNode? command) => command))
using (var client = MakeClient(server.Address, new() { SerializerOptions = ByReflection() }))
{
    try
    {
        Expect("an exception", client.Command(new { trimmed = "away" })?.ToJsonString());
    }
    catch (NotSupportedException e)
    {
        Expect("An anonymous type cannot be sent as JSON: publishing has trimmed its properties away", e.Message.Split('.')[0]);
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

var contract = new JsonRpcMethods().AddService<IShop>(new Shop()).AddService<IByPosition>(new ByPosition());
using (var server = MakeServer(0, contract, new() { Transport = new SocketTransport() }))
using (var client = MakeClient(server.Address, new() { Transport = new SocketClientTransport() }))
{
    var shop = client.As<IShop>();
    Expect("3 4", $"{await shop.SubtractAsync(5, 2)} {await shop.SubtractAsync(5)}");
    Expect("Receipt { Item = tea, Total = 5.0 }", (await shop.PlaceAsync(new("tea", 2, Level.Warning))).ToString());
    Expect("Hello, Ann", shop.Greet("Ann"));
    Expect("a 2 True", await client.As<IByPosition>().JoinAsync("a"));
    Expect("03/01/2026", (await shop.DayAfterAsync(new(2026, 2, 28)))?.ToString(System.Globalization.CultureInfo.InvariantCulture));
    Expect("1", (await shop.NextAsync()).ToString(System.Globalization.CultureInfo.InvariantCulture));
    await shop.LogAsync("a line", Level.Warning);
    var items = "";
    await foreach (var order in shop.OrdersAsync(2))
        items += $"{order.Item} {order.Level}, ";
    Expect("item 1 Warning, item 2 Warning, ", items);
    Expect("2", (await shop.ImportAsync(["a", "b"], new Progress<JsonRpcLite.TestContracts.Progress>())).ToString(System.Globalization.CultureInfo.InvariantCulture));
    try
    {
        await shop.SubtractAsync(int.MaxValue, -1);
        await client.CallAsync("shop.greet", new JsonObject { ["name"] = null });
        Expect("an exception", "none");
    }
    catch (JsonRpcException e)
    {
        // Without contracts a trimmed program has lost the annotations of its source.
        Expect("-32602", e.Code.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }
    var batch = client.CreateBatch();
    var difference = batch.As<IShop>().SubtractAsync(2);
    await batch.SendAsync();
    Expect("1", (await difference).ToString(System.Globalization.CultureInfo.InvariantCulture));
    var subtract = (await client.CallAsync("rpc.discover"))!["methods"]!.AsArray().Single(m => m!["name"]!.ToString() == "shop.subtract")!;
    Expect("Takes one number from another. 100 What is left.", $"{subtract["summary"]} {subtract["params"]![1]!["schema"]!["maximum"]} {subtract["result"]!["description"]}");
}

// In the generic host: settings of the configuration, methods and a contract with services, and a client of IHttpClientFactory.
var builder = Host.CreateApplicationBuilder(
    ["--JsonRpc:Port=0", "--JsonRpc:Server:Limits:MaxConcurrentCalls=7", "--JsonRpc:RateLimits:*=1000", "--Logging:LogLevel:Default=Warning"]);
builder.Services.AddSingleton(new Prices(2.5m));
builder.Services.AddJsonRpcServer(
    configure: options => Expect("7", options.Server.Limits.MaxConcurrentCalls.ToString(System.Globalization.CultureInfo.InvariantCulture)),
    methods: set => set.AddMethods<Till>("till.").AddService<IShop, Shop>());
builder.Services.AddHealthChecks().AddJsonRpcHealth();
using (var host = builder.Build())
{
    await host.StartAsync();
    var server = host.Services.GetJsonRpcServer();
    await using var services = new ServiceCollection()
        .AddJsonRpcClient<IShop>(server.Address).Services
        .AddJsonRpcClient("till", server.Address).Services
        .BuildServiceProvider();
    Expect("3", (await services.GetRequiredService<IShop>().SubtractAsync(5, 2)).ToString(System.Globalization.CultureInfo.InvariantCulture));
    Expect("7.5", (await services.GetRequiredKeyedService<JsonRpcClient>("till").CallAsync("till.total", new JsonObject { ["count"] = 3 }))?.ToJsonString());
    var health = await host.Services.GetRequiredService<Microsoft.Extensions.Diagnostics.HealthChecks.HealthCheckService>().CheckHealthAsync();
    Expect("Healthy", health.Status.ToString());
    await host.StopAsync();
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

[UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "What trimming leaves is what is tested.")]
[UnconditionalSuppressMessage("AOT", "IL3050", Justification = "What the AOT compiler leaves is what is tested.")]
static JsonSerializerOptions ByReflection() => new() { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

static void Expect(string expected, string? actual)
{
    if (actual == expected)
        return;
    Console.Error.WriteLine($"Expected {expected}, got {actual ?? "null"}");
    Environment.Exit(1);
}

internal sealed record Prices(decimal Each);

internal sealed class Till(Prices prices)
{
    public decimal Total(int count) => count * prices.Each;
}

internal sealed record Order(string Item, int Count);

internal sealed record Receipt(string Item, decimal Total);

[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(Receipt))]
internal sealed partial class ShopContext : JsonSerializerContext;
