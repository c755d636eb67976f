using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace JsonRpcLite.TestContracts;

/// <summary>A contract with a method of every kind.</summary>
[JsonRpcContract("shop.", SerializerContext = typeof(ShopContext))]
public partial interface IShop : ICounter
{
    /// <summary>Takes one number from another.</summary>
    /// <param name="minuend">What to take from.</param>
    /// <param name="subtrahend">What to take.</param>
    /// <returns>What is left.</returns>
    [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)]
    Task<int> SubtractAsync(int minuend, [Range(0, 100)] int subtrahend = 1, CancellationToken cancellationToken = default);

    /// <summary>Sells what is ordered.</summary>
    [JsonRpcError(-100, "Sold out")]
    ValueTask<Receipt> PlaceAsync(Order order);

    string Greet(string name, string? title = null);

    [Obsolete("Use greet.")]
    [JsonRpcName("say.hello")]
    [Description("Greets the world.")]
    [return: Description("Always the same.")]
    string? Hello();

    Task CloseAsync([JsonRpcName("class")] string @class, CancellationToken token);

    ValueTask PingAsync();

    void Forget();

    [JsonRpcNotification]
    Task LogAsync(string line, Level level = Level.Info);

    [JsonRpcNotification]
    void Note(string line);

    Task<JsonNode?> EchoAsync(JsonNode? value);

    Task<double> HalfAsync(double value);

    Task<DateOnly?> DayAfterAsync(DateOnly? day, TimeSpan? more = null);

    /// <summary>Never ends.</summary>
    [JsonRpcMethod(StreamOnly = true)]
    IAsyncEnumerable<long> TicksAsync(CancellationToken cancellationToken = default);

    IAsyncEnumerable<Order> OrdersAsync(int count, CancellationToken cancellationToken = default);

    Task<int> ImportAsync(string[] lines, IProgress<Progress> progress, CancellationToken cancellationToken = default);

    /// <summary>A helper, which is not part of the contract.</summary>
    Task<int> DecrementAsync(int value) => SubtractAsync(value);
}

/// <summary>A contract that others derive from.</summary>
[JsonRpcContract("count.")]
public partial interface ICounter
{
    Task<int> NextAsync();
}

/// <summary>A contract whose client sends arrays.</summary>
[JsonRpcContract("position.", ByPosition = true)]
public partial interface IByPosition
{
    Task<string> JoinAsync(string first, int second = 2, bool third = true);

    Task<int> NothingAsync();
}

public sealed record Order(string Item, int Count, Level Level = Level.Info);

public sealed record Receipt(string Item, decimal Total);

public sealed record Progress(int Done, int Of);

public enum Level
{
    Info,
    Warning,
}

[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(Receipt))]
[JsonSerializable(typeof(Progress))]
[JsonSerializable(typeof(string[]))]
public sealed partial class ShopContext : JsonSerializerContext;
