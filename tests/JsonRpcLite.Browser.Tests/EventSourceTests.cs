using System.Buffers;
using System.Text;
using System.Threading.Channels;
using JsonRpcLite.Tests;
using Microsoft.Playwright;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Browser.Tests;

[Collection(FirstChromium.Name)]
public sealed class EventSourceOnHttpListener(Chromium chromium) : EventSourceTests(chromium)
{
    private protected override ServerTransport MakeTransport() => new HttpListenerTransport();

    private protected override bool NoticesAtOnce => false;
}

[Collection(SecondChromium.Name)]
public sealed class EventSourceOnSockets(Chromium chromium) : EventSourceTests(chromium)
{
    private protected override ServerTransport MakeTransport() => new SocketTransport();

    private protected override bool NoticesAtOnce => true;
}

/// <summary>A raw handler that sends server-sent events by <see cref="HttpExchange.FlushAsync"/>, read by the EventSource of a real browser.</summary>
public abstract class EventSourceTests(Chromium chromium) : IAsyncLifetime
{
    private readonly Channel<Connection> _connections = Channel.CreateUnbounded<Connection>();
    private IBrowserContext _context = null!;
    private JsonRpcServer? _server;

    private protected abstract ServerTransport MakeTransport();

    /// <summary>Whether a disconnected client is noticed without sending anything to it.</summary>
    private protected abstract bool NoticesAtOnce { get; }

    public async Task InitializeAsync()
    {
        if (BrowserFactAttribute.Chromium is not null)
            _context = await chromium.NewContextAsync();
    }

    public async Task DisposeAsync()
    {
        if (_context is not null)
            await _context.DisposeAsync();
        _server?.Dispose();
    }

    [BrowserFact]
    public async Task Each_event_arrives_before_the_next_is_made_and_close_ends_the_handler()
    {
        var page = await OpenAsync();
        var connection = await _connections.Reader.ReadAsync();
        for (var i = 1; i <= 3; i++)
        {
            connection.Events.Writer.TryWrite($"data: {i}\n\n");
            await page.WaitForFunctionAsync("count => seen.length === count && seen.at(-1) === String(count)", i);
        }

        await page.EvaluateAsync("source.close()");

        await ShouldEndAsync(connection);
    }

    [BrowserFact]
    public async Task Leaving_the_page_ends_the_handler_and_the_next_page_has_its_own()
    {
        var page = await OpenAsync();
        var first = await _connections.Reader.ReadAsync();
        first.Events.Writer.TryWrite("data: first\n\n");
        await page.WaitForFunctionAsync("seen.length === 1");

        await page.ReloadAsync();

        var second = await _connections.Reader.ReadAsync();
        second.Events.Writer.TryWrite("data: second\n\n");
        await page.WaitForFunctionAsync("seen.length === 1 && seen[0] === 'second'");
        await ShouldEndAsync(first);
        second.Ended.IsCompleted.Should().BeFalse();
    }

    [BrowserFact]
    public async Task An_ended_reply_is_requested_again_from_the_last_event()
    {
        var page = await OpenAsync();
        var first = await _connections.Reader.ReadAsync();
        first.LastEvent.Should().BeNull();
        first.Events.Writer.TryWrite("retry: 10\nid: 41\ndata: a\n\n");
        await page.WaitForFunctionAsync("seen.length === 1");

        first.Events.Writer.Complete();

        var second = await _connections.Reader.ReadAsync();
        second.LastEvent.Should().Be("41");
        second.Events.Writer.TryWrite("data: b\n\n");
        await page.WaitForFunctionAsync("seen.join() === 'a,b'");
        await first.Ended.WaitAsync(TimeSpan.FromSeconds(10));
    }

    private async Task ShouldEndAsync(Connection connection)
    {
        var ended = connection.Ended.WaitAsync(TimeSpan.FromSeconds(NoticesAtOnce ? 5 : 30));
        // Each comment is written after the previous one was sent: the first one after the reset of the connection fails.
        while (!NoticesAtOnce && !ended.IsCompleted)
        {
            connection.Events.Writer.TryWrite(":\n\n");
            await Task.WhenAny(ended, connection.Left.WaitAsync());
        }
        await ended;
    }

    private async Task<IPage> OpenAsync()
    {
        _server = MakeServer(0, HandleAsync, new() { Transport = MakeTransport(), OnUnhandledException = _ => { } });
        var page = await _context.NewPageAsync();
        await page.GotoAsync(_server.Address.ToString());
        return page;
    }

    private async ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        if (exchange.Path != "/events")
        {
            exchange.Reply(200, "text/html; charset=utf-8", """
                <!doctype html><link rel="icon" href="data:,"><title>events</title>
                <script>
                  const seen = [], source = new EventSource('/events');
                  source.onmessage = event => seen.push(event.data);
                </script>
                """);
            return;
        }
        var connection = new Connection(exchange.RequestHeaders["Last-Event-ID"]);
        try
        {
            exchange.ResponseHeaders["Content-Type"] = "text/event-stream";
            await exchange.FlushAsync(cancellationToken);
            _connections.Writer.TryWrite(connection);
            await foreach (var text in connection.Events.Reader.ReadAllAsync(cancellationToken))
            {
                exchange.ResponseBody.Write(Encoding.UTF8.GetBytes(text));
                await exchange.FlushAsync(cancellationToken);
                connection.Left.Release();
            }
        }
        finally
        {
            connection.End();
        }
    }

    /// <summary>One request of the browser: what is sent to it, and whether its handler still runs.</summary>
    private sealed class Connection(string? lastEvent)
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string? LastEvent { get; } = lastEvent;

        public Channel<string> Events { get; } = Channel.CreateUnbounded<string>();

        /// <summary>Counts the texts that were passed to the system.</summary>
        public SemaphoreSlim Left { get; } = new(0);

        public Task Ended => _ended.Task;

        public void End() => _ended.TrySetResult();
    }
}
