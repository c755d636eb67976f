using JsonRpcLite;

namespace Warehouse;

/// <summary>A warehouse, as its server and its callers see it.</summary>
[JsonRpcContract("warehouse.")]
public partial interface IWarehouse
{
    /// <summary>The error of an order for more than there is.</summary>
    const int NotEnough = 1;

    /// <summary>Says how many pieces of an item there are.</summary>
    /// <param name="item">The name of the item.</param>
    [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)]
    Task<int> CountAsync(string item, CancellationToken cancellationToken = default);

    /// <summary>Takes pieces of an item out.</summary>
    /// <param name="order">What to take.</param>
    /// <returns>What was taken, and what is left.</returns>
    [JsonRpcError(NotEnough, "There are not enough of them")]
    Task<Delivery> TakeAsync(Order order, CancellationToken cancellationToken = default);

    /// <summary>Lists all items, one after another.</summary>
    IAsyncEnumerable<Item> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>Writes a line into the warehouse's log. The client does not wait for it.</summary>
    [JsonRpcNotification]
    Task LogAsync(string line);
}

public sealed record Order(string Item, int Count);

public sealed record Delivery(string Item, int Count, int Left);

public sealed record Item(string Name, int Count);
