using JsonRpcLite;
using Microsoft.AspNetCore.Authorization;

namespace Shop;

/// <summary>Serves the contract. Each call gets an object of its own, with the services that its constructor asks for.</summary>
public sealed partial class StockService(Shelf shelf, ILogger<StockService> logger) : IStock
{
    public Task<int> CountAsync(string item) => Task.FromResult(shelf.Count(item));

    [Authorize("keeper")]
    public Task<int> TakeAsync(string item, int count)
    {
        if (!shelf.TryTake(item, count, out var left))
            throw new JsonRpcException(1, $"There are not enough pieces: {left} of '{item}' are left.");
        Taken(count, item, left);
        return Task.FromResult(left);
    }

    [LoggerMessage(LogLevel.Information, "Took {Count} of {Item}, {Left} are left.")]
    private partial void Taken(int count, string item, int left);
}
