using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace JsonRpcLite.Browser.Tests;

/// <summary>Methods with incremental results; a test decides what they send, and when, by a channel.</summary>
internal sealed class Streams
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The methods for the document: with each way to register a method that streams.</summary>
    public static JsonRpcMethods Methods => new Streams().Register();

    /// <summary>What the method <c>rows</c> sends, or the method <c>import</c> reports.</summary>
    public Channel<int> Numbers { get; } = Channel.CreateUnbounded<int>();

    /// <summary>Ends when <c>rows</c> has ended in any way.</summary>
    public Task Ended => _ended.Task;

    public JsonRpcMethods Register() => new JsonRpcMethods()
        .Add("rows", RowsAsync)
        .Describe("rows", new() { Summary = "Sends rows when they are found.", Errors = { [17] = "Sold out" } })
        .Add("import", ImportAsync)
        .Describe("import", new() { Summary = "Imports rows." })
        .Add("many", ManyAsync)
        .AddHandler("words", (string[] words) => WordsAsync(words))
        .Add("plain", () => 1);

    private async IAsyncEnumerable<Row> RowsAsync([EnumeratorCancellation] CancellationToken token)
    {
        try
        {
            await foreach (var number in Numbers.Reader.ReadAllAsync(token))
                yield return number < 0 ? throw new JsonRpcException(17, "Sold out") : new Row(number, $"row {number}");
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    private async Task<string> ImportAsync(IProgress<Imported> progress, CancellationToken token)
    {
        await foreach (var number in Numbers.Reader.ReadAllAsync(token))
            progress.Report(new(number, 4));
        return "imported";
    }

    private static async IAsyncEnumerable<int> ManyAsync(int count)
    {
        await Task.Yield();
        for (var i = 1; i <= count; i++)
            yield return i;
    }

    private static async IAsyncEnumerable<string> WordsAsync(string[] words)
    {
        await Task.Yield();
        foreach (var word in words)
            yield return word;
    }

    internal sealed record Row(int Number, string Name);

    internal sealed record Imported(int Done, int Total);
}
