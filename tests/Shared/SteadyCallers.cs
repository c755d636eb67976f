using System.Collections.Concurrent;

namespace JsonRpcLite.Tests;

/// <summary>Callers that call all the time, each with its own numbers, so that a reply to another call is detected.</summary>
internal sealed class SteadyCallers : IAsyncDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly Func<int, Task<int>> _echo;
    private readonly Task[] _callers;
    private int _good;

    /// <param name="count">The number of concurrent callers.</param>
    /// <param name="echo">Calls a server that echoes a number.</param>
    public SteadyCallers(int count, Func<int, Task<int>> echo)
    {
        _echo = echo;
        _callers = [.. Enumerable.Range(0, count).Select(caller => Task.Run(() => CallAsync(caller)))];
    }

    /// <summary>The number of calls that got their own number.</summary>
    public int Good => Volatile.Read(ref _good);

    /// <summary>The calls that got another number.</summary>
    public ConcurrentQueue<string> Wrong { get; } = [];

    /// <summary>The calls that failed.</summary>
    public ConcurrentQueue<Exception> Failed { get; } = [];

    /// <summary>Waits until a total number of calls got their own number, for at most a quarter of an hour.</summary>
    public async Task ReachAsync(int good)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(15));
        while (Good < good)
            await Task.Delay(10, patience.Token);
    }

    /// <summary>Stops calling, and waits for the calls in flight.</summary>
    public async Task StopAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_callers);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _over.Dispose();
    }

    private async Task CallAsync(int caller)
    {
        for (var n = caller * 10_000_000; !_over.IsCancellationRequested; n++)
        {
            try
            {
                if (await _echo(n) is var reply && reply == n)
                    Interlocked.Increment(ref _good);
                else
                    Wrong.Enqueue($"{n}: {reply}");
            }
            catch (Exception e)
            {
                Failed.Enqueue(e);
                // A failure must not make a caller faster.
                await Task.Yield();
            }
        }
    }
}
