using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using JsonRpcLite.TestContracts;

namespace JsonRpcLite.Hosts.Tests;

internal sealed class Library : ILibrary
{
    public ConcurrentQueue<string> Done { get; } = [];

    public Task<string?> FindAsync(string title) => Task.FromResult(title.Length == 0 ? null : $"{title} is on shelf 7");

    public int Count(string shelf) => shelf.Length;

    public async IAsyncEnumerable<string> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        yield return "Emma";
        yield return "Ulysses";
    }

    public Task LookAsync(string title)
    {
        Done.Enqueue("look " + title);
        return Task.CompletedTask;
    }

    public Task PutAsync(string title)
    {
        Done.Enqueue("put " + title);
        return Task.CompletedTask;
    }

    public Task<int> LendAsync(string title)
    {
        Done.Enqueue("lend " + title);
        return Task.FromResult(Done.Count);
    }
}
