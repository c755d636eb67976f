using JsonRpcLite;

namespace Shop;

/// <summary>The goods of a shop. Clients get this interface, and call it with <c>client.As&lt;IStock>()</c>.</summary>
[JsonRpcContract("stock.")]
public partial interface IStock
{
    /// <summary>How many pieces of an item there are.</summary>
    /// <param name="item">The item's name.</param>
    Task<int> CountAsync(string item);

    /// <summary>Takes pieces of an item off the shelf.</summary>
    /// <param name="item">The item's name.</param>
    /// <param name="count">How many pieces, 1 or more.</param>
    /// <returns>How many pieces are left.</returns>
    [JsonRpcError(1, "There are not enough pieces.")]
    Task<int> TakeAsync(string item, int count = 1);
}
