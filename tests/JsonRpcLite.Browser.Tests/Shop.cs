using System.ComponentModel;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace JsonRpcLite.Browser.Tests;

/// <summary>A server as a user might write it, to be tried on the page.</summary>
internal static class Shop
{
    public static JsonRpcMethods Methods { get; } = new JsonRpcMethods()
        .Add("subtract", (int minuend, int subtrahend) => minuend - subtrahend)
        .Describe("subtract", new()
        {
            Summary = "Takes one number from another.",
            Parameters = { ["minuend"] = "What to take from.", ["subtrahend"] = "How much to take." },
            Result = "the difference",
        })
        .AddHandler("sum", (decimal[] numbers) => numbers.Sum())
        .Describe("sum", new() { Summary = "Adds up a list." })
        .AddHandler("order.place", (Order order) => new Receipt($"{order.Count} × {order.Item}", order.Count * 2.50m, order.Size))
        .Describe("order.place", new()
        {
            Summary = "Orders something to drink.",
            Details = "The price is 2.50 a cup.",
            Result = "the receipt",
            Errors = { [17] = "Sold out" },
        })
        .Add("order.find", (string item, Size? size = null, bool open = true) => new JsonArray(item, size?.ToString(), open))
        .Describe("order.find", new() { Summary = "Finds orders by their item." })
        .Add("echo", (JsonNode? value) => value)
        .Describe("echo", new() { Summary = "Gives back what it got, digit for digit." })
        .Add("fail", object? (int code, string message) => throw new JsonRpcException(code, message))
        .Describe("fail", new() { Summary = "Says no.", Errors = { [17] = "Sold out" } })
        .Add("old.add", (int a, int b) => a + b)
        .Describe("old.add", new() { Summary = "Use sum.", IsDeprecated = true })
        .Add("tree", (Tree tree) => tree)
        .Describe("tree", new() { Summary = "Takes a tree, with <b>markup</b> in its words." });

    [JsonConverter(typeof(JsonStringEnumConverter<Size>))]
    internal enum Size
    {
        Small,
        Large,
    }

    internal sealed record Order([property: Description("What to drink.")] string Item, int Count, string? Note = null, Size Size = Size.Small);

    internal sealed record Receipt(string What, decimal Total, Size Size);

    internal sealed record Tree(string Name, IReadOnlyList<Tree>? Children = null);
}
