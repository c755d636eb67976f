using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace JsonRpcLite.TestContracts;

/// <summary>Serves the contract; its properties show what its notifications have received.</summary>
public class Shop : IShop
{
    private int _last;

    public List<string> Lines { get; } = [];

    /// <summary>Ends when the endless stream was given up.</summary>
    public TaskCompletionSource TicksEnded { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<int> SubtractAsync(int minuend, int subtrahend, CancellationToken cancellationToken) => Task.FromResult(minuend - subtrahend);

    public ValueTask<Receipt> PlaceAsync(Order order) => order.Count > 0 ? new(new Receipt(order.Item, order.Count * 2.5m)) : throw new JsonRpcException(-100, "Sold out");

    public string Greet(string name, string? title) => title is null ? $"Hello, {name}" : $"Hello, {title} {name}";

    public string? Hello() => null;

    public async Task CloseAsync(string @class, CancellationToken token)
    {
        Add($"close {@class}");
        await Task.Delay(@class == "forever" ? Timeout.Infinite : 0, token);
    }

    public ValueTask PingAsync() => default;

    public void Forget() => Add("forget");

    public Task LogAsync(string line, Level level)
    {
        Add($"{level}: {line}");
        return Task.CompletedTask;
    }

    public void Note(string line) => Add(line);

    public Task<JsonNode?> EchoAsync(JsonNode? value) => Task.FromResult(value?.DeepClone());

    public Task<double> HalfAsync(double value) => Task.FromResult(value / 2);

    public Task<DateOnly?> DayAfterAsync(DateOnly? day, TimeSpan? more) => Task.FromResult(day?.AddDays(1 + (more?.Days ?? 0)));

    public async IAsyncEnumerable<long> TicksAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            for (var i = 0L; i < 3; i++)
                yield return i;
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            TicksEnded.TrySetResult();
        }
    }

    public async IAsyncEnumerable<Order> OrdersAsync(int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var i = 1; i <= count; i++)
        {
            await Task.Yield();
            yield return new Order($"item {i}", i, Level.Warning);
        }
    }

    public async Task<int> ImportAsync(string[] lines, IProgress<Progress> progress, CancellationToken cancellationToken)
    {
        for (var i = 1; i <= lines.Length; i++)
        {
            progress.Report(new Progress(i, lines.Length));
            await Task.Yield();
        }
        return lines.Sum(l => l.Length);
    }

    public Task<int> NextAsync() => Task.FromResult(Interlocked.Increment(ref _last));

    private void Add(string line)
    {
        lock (Lines)
            Lines.Add(line);
    }
}

public sealed class ByPosition : IByPosition
{
    public Task<string> JoinAsync(string first, int second, bool third) => Task.FromResult($"{first} {second} {third}");

    public Task<int> NothingAsync() => Task.FromResult(0);
}
