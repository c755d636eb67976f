namespace Shop;

/// <summary>The stock, in memory. Thread-safe.</summary>
public sealed class Shelf
{
    private readonly Dictionary<string, int> _items = new() { ["coffee"] = 12, ["tea"] = 3 };

    public int Count(string item)
    {
        lock (_items)
            return _items.GetValueOrDefault(item);
    }

    public bool TryTake(string item, int count, out int left)
    {
        lock (_items)
        {
            left = _items.GetValueOrDefault(item);
            if (count < 1 || count > left)
                return false;
            _items[item] = left -= count;
            return true;
        }
    }
}
