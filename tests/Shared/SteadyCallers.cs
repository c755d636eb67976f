using System.Collections.Concurrent;

namespace JsonRpcLite.Tests;

/// <summary>Callers that call all the time, each with numbers of its own, so that a reply that belongs to another call shows.</summary>
internal sealed class SteadyCallers : IAsyncDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly Func<int, Task<int>> _echo;
    private readonly Task[] _callers;
    private int _good;

    /// <param name="count">How many call at a time.</param>
    /// <param name="echo">Calls a server that answers with the number that it gets.</param>
    public SteadyCallers(int count, Func<int, Task<int>> echo)
    {
        _echo = echo;
        _callers = [.. Enumerable.Range(0, count).Select(caller => Task.Run(() => CallAsync(caller)))];
    }

    /// <summary>How many calls got their own number.</summary>
    public int Good => Volatile.Read(ref _good);

    /// <summary>The calls that got another number.</summary>
    public ConcurrentQueue<string> Wrong { get; } = [];

    /// <summary>The calls that failed.</summary>
    public ConcurrentQueue<Exception> Failed { get; } = [];

    /// <summary>Waits until so many calls in all got their number, for at most a quarter of an hour.</summary>
    public async Task ReachAsync(int good)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(15));
        while (Good < good)
            await Task.Delay(10, patience.Token);
    }

    /// <summary>Ends the calling, and waits for the calls under way.</summary>
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
                // Nobody calls faster for having failed.
                await Task.Yield();
            }
        }
    }
}
