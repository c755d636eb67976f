using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Tool.Tests;

/// <summary>A server with one method of each kind, on a free port.</summary>
internal sealed class Shop : IDisposable
{
    private readonly JsonRpcServer _server;
    private readonly TaskCompletionSource _isCancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _isAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="path">A Unix domain socket to listen on in place of a port.</param>
    public Shop(string? path = null)
    {
        var methods = new JsonRpcMethods()
            .Add("echo", (JsonNode? value) => value)
            .Add("subtract", Subtract)
            .Add("order.place", Place)
            .Add("rows", RowsAsync)
            .Add("import", ImportAsync)
            .Add("wait", WaitAsync)
            .Add("hold", HoldAsync)
            .Add("header", (string name, JsonRpcCall call) => call.Exchange.RequestHeaders[name])
            .Add("note", (string text) => Notes.Add(text))
            .Add("sell", object? (string item) => throw new JsonRpcException(17, $"{item} is sold out", new JsonObject { ["item"] = item }));
        _server = JsonRpc.MakeServer(0, methods, new()
        {
            Transport = new SocketTransport { EndPoint = path is null ? null : new System.Net.Sockets.UnixDomainSocketEndPoint(path) },
            Discovery = { Title = "Tea shop", Version = "1.2" },
        });
        Address = _server.Address.ToString();
    }

    public string Address { get; }

    public List<string> Notes { get; } = [];

    /// <summary>Completes when <c>wait</c> or <c>hold</c> runs.</summary>
    public Task Asked => _isAsked.Task.WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>Completes when the token of <c>hold</c> is cancelled.</summary>
    public Task Cancelled => _isCancelled.Task.WaitAsync(TimeSpan.FromSeconds(60));

    public void Dispose() => _server.Dispose();

    [Description("Takes one number from another.")]
    private static int Subtract(int minuend, int subtrahend = 1) => minuend - subtrahend;

    private static Receipt Place(Order order) => new(Guid.Empty, order.Count * 2.50m, order.Color);

    private static async IAsyncEnumerable<Row> RowsAsync(int count, [EnumeratorCancellation] CancellationToken token = default)
    {
        for (var i = 1; i <= count; i++)
        {
            token.ThrowIfCancellationRequested();
            yield return new Row(i, $"row {i}");
            await Task.Yield();
        }
    }

    private static async Task<int> ImportAsync(string[] names, IProgress<int> progress)
    {
        for (var i = 0; i < names.Length; i++)
        {
            progress.Report(i + 1);
            await Task.Yield();
        }
        return names.Length;
    }

    /// <summary>A disconnected client does not end it, but the end of the server does.</summary>
    private Task WaitAsync(JsonRpcCall call)
    {
        _isAsked.TrySetResult();
        return Task.Delay(Timeout.InfiniteTimeSpan, call.ServerStopping);
    }

    /// <summary>Ends with its client.</summary>
    private async Task HoldAsync(CancellationToken token)
    {
        using var registration = token.Register(() => _isCancelled.TrySetResult());
        _isAsked.TrySetResult();
        await Task.Delay(Timeout.InfiniteTimeSpan, token);
    }
}

public enum Color
{
    Green,
    DarkRed,
}

public record Order(string Item, int Count, Color Color = Color.Green, string? Note = null);

public record Receipt(Guid Id, decimal Total, Color Color);

public record Row(int Number, string Name);
