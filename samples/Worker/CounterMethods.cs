using JsonRpcLite;

namespace Counting;

/// <summary>The methods of the server. Each call gets an object of its own, with the services that its constructor asks for.</summary>
public sealed partial class CounterMethods(Counter counter, ILogger<CounterMethods> logger)
{
    /// <summary>The value now.</summary>
    public long Value() => counter.Value;

    /// <summary>Adds to the value.</summary>
    /// <param name="count">How much, 1 or more.</param>
    /// <returns>The new value.</returns>
    public long Add(long count = 1)
    {
        if (count < 1)
            throw new JsonRpcException(1, $"count must be at least 1; it is {count}.");
        var value = counter.Add(count);
        Added(count, value);
        return value;
    }

    /// <summary>Adds 1 after some time: a call that is in flight when the program stops.</summary>
    /// <param name="milliseconds">The time.</param>
    /// <param name="cancellationToken">Cancelled when the caller has disconnected.</param>
    /// <returns>The new value.</returns>
    public async Task<long> AddLaterAsync(int milliseconds, CancellationToken cancellationToken)
    {
        Waiting(milliseconds);
        await Task.Delay(milliseconds, cancellationToken);
        return Add();
    }

    [LoggerMessage(LogLevel.Information, "Added {Count}, the value is {Value}.")]
    private partial void Added(long count, long value);

    [LoggerMessage(LogLevel.Information, "Waiting for {Milliseconds} ms.")]
    private partial void Waiting(int milliseconds);
}
