using System.Runtime.CompilerServices;
using JsonRpcLite;

namespace Warehouse;

/// <summary>The warehouse itself: an ordinary class that implements the contract. Its methods are called on many threads at once.</summary>
public sealed class Shelves : IWarehouse
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal) { ["bolt"] = 120, ["nut"] = 80, ["washer"] = 7 };

    public Task<int> CountAsync(string item, CancellationToken cancellationToken)
    {
        lock (_lock)
            return Task.FromResult(_counts.GetValueOrDefault(item));
    }

    public Task<Delivery> TakeAsync(Order order, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var count = _counts.GetValueOrDefault(order.Item);
            if (count < order.Count)
                throw new JsonRpcException(IWarehouse.NotEnough, $"There are {count} of '{order.Item}', not {order.Count}.");
            _counts[order.Item] = count - order.Count;
            return Task.FromResult(new Delivery(order.Item, order.Count, count - order.Count));
        }
    }

    public async IAsyncEnumerable<Item> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        KeyValuePair<string, int>[] counts;
        lock (_lock)
            counts = [.. _counts];
        foreach (var (name, count) in counts)
        {
            await Task.Delay(50, cancellationToken);
            yield return new Item(name, count);
        }
    }

    public Task LogAsync(string line)
    {
        Console.WriteLine(line);
        return Task.CompletedTask;
    }
}
