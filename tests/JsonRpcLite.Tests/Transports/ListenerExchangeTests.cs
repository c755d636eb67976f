using System.Net;
using System.Net.Sockets;
using System.Text;

namespace JsonRpcLite.Tests;

/// <summary>An exchange on a bare HttpListener, without a server: how it reads a request, and what happens to the connection after each kind of reply.</summary>
public sealed class ListenerExchangeTests : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ManualClock _clock = new();
    private readonly ServerTransportContext _context;
    private readonly int _port;
    private int _repliedEarly;

    public ListenerExchangeTests()
    {
        // HttpListener does not support port 0.
        for (var attempt = 0; !_listener.IsListening; attempt++)
        {
            using (var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
            {
                probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                _port = ((IPEndPoint)probe.LocalEndPoint!).Port;
            }
            _listener.Prefixes.Clear();
            _listener.Prefixes.Add($"http://localhost:{_port}/");
            try
            {
                _listener.Start();
            }
            catch (HttpListenerException) when (attempt < 20)
            {
                _listener = new HttpListener();
            }
        }
        _context = new ServerTransportContext(0, "localhost", new HttpLimits { MaxRequestBodySize = 1000 }, _clock, (_, _) => default, (_, _, _) => default, _ => { });
    }

    public void Dispose()
    {
        _listener.Abort();
        ((IDisposable)_listener).Dispose();
    }

    [Fact]
    public async Task The_head_is_read_unchanged()
    {
        using var connection = await SendAsync("GET /a%20b?c=d HTTP/1.0\r\nHost: localhost\r\nX-One: 1\r\n\r\n");

        var exchange = await BeginAsync();

        (exchange.Method, exchange.Target, exchange.Path, exchange.ProtocolVersion).Should().Be(("GET", "/a%20b?c=d", "/a%20b", HttpVersion.Version10));
        (exchange.RequestHeaders["x-one"], exchange.ContentLength).Should().Be(("1", 0));
        exchange.RemoteEndPoint.Should().Be(connection.LocalEndPoint);
    }

    [Fact]
    public async Task A_body_is_read_whole_and_once()
    {
        using var connection = await SendAsync($"{Post(5)}12");
        var exchange = await BeginAsync();

        var reading = exchange.ReadBodyAsync();
        reading.IsCompleted.Should().BeFalse();
        await connection.SendAsync("345");

        Encoding.ASCII.GetString((await reading).Span).Should().Be("12345");
        Encoding.ASCII.GetString((await exchange.ReadBodyAsync()).Span).Should().Be("12345");
        exchange.BodyBytesRead.Should().Be(5);
    }

    [Theory]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n", 411)]
    [InlineData("Content-Length: 1001\r\n\r\n", 413)]
    public async Task A_body_that_may_not_be_read_is_refused_without_reading_it(string rest, int status)
    {
        using var connection = await SendAsync($"POST / HTTP/1.1\r\nHost: localhost\r\n{rest}");
        var exchange = await BeginAsync();

        var reading = async () => await exchange.ReadBodyAsync();

        (await reading.Should().ThrowAsync<HttpRefusalException>()).Which.StatusCode.Should().Be(status);
    }

    [Fact]
    public async Task A_truncated_body_is_400()
    {
        var connection = await SendAsync($"{Post(5)}12");
        var exchange = await BeginAsync();
        var reading = async () => await exchange.ReadBodyAsync();
        var refused = reading.Should().ThrowAsync<HttpRefusalException>();

        connection.Reset();

        (await refused).Which.StatusCode.Should().Be(400);
    }

    [Theory]
    [InlineData(200, false, true)]
    [InlineData(200, true, false)]
    [InlineData(400, false, false)]
    [InlineData(302, false, false)]
    public async Task The_connection_stays_open_after_a_success_that_does_not_end_it(int status, bool endsConnection, bool isKept)
    {
        using var connection = await SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        var exchange = await BeginAsync();

        await exchange.SendAsync(Head(status, "hello".Length, endsConnection), "hello"u8.ToArray(), ReplyPart.Whole);
        var reply = await connection.ReceiveAsync();

        (reply!.Status, reply.Text, reply["X-A"], reply["Server"], reply.IsLast).Should().Be((status, "hello", "1", "", !isKept));
    }

    [Fact]
    public async Task The_connection_ends_where_the_body_of_the_request_was_not_read()
    {
        using var connection = await SendAsync($"{Post(5)}12345");
        var exchange = await BeginAsync();

        await exchange.SendAsync(Head(200, 0), default, ReplyPart.Whole);

        (await connection.ReceiveAsync())!.IsLast.Should().BeTrue();
    }

    [Fact]
    public async Task An_early_reply_ends_the_connection_and_is_counted_separately()
    {
        using var connection = await SendAsync($"{Post(5)}12345");
        var exchange = await BeginAsync();
        await exchange.ReadBodyAsync();

        await exchange.SendAsync(new HttpResponseHead(504, new HeaderFields { { "X-A", "1" } }, 4, endsConnection: true, isEarly: true), "late"u8.ToArray(), ReplyPart.Whole);
        var reply = await connection.ReceiveAsync();

        (reply!.Status, reply.Text, reply.IsLast, _repliedEarly).Should().Be((504, "late", true, 1));
    }

    [Fact]
    public async Task A_reply_to_HEAD_has_the_length_of_the_body_that_is_not_sent()
    {
        using var connection = await SendAsync("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        var exchange = await BeginAsync();

        await exchange.SendAsync(Head(200, 5), default, ReplyPart.Whole);
        var reply = await connection.ReceiveAsync(isBodiless: true);

        (reply!.Status, reply["Content-Length"]).Should().Be((200, "5"));
    }

    [Fact]
    public async Task A_large_reply_that_its_client_does_not_read_is_given_up_after_the_time_of_one_piece()
    {
        using var connection = await SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        var exchange = await BeginAsync();
        // More than the system buffers for a client that does not read.
        var body = new byte[64 * 1024 * 1024];

        var sending = exchange.SendAsync(Head(200, body.Length), body, ReplyPart.Whole).AsTask();
        _clock.AdvanceUntil(Task.WhenAny(sending));

        await FluentActions.Awaiting(() => sending).Should().ThrowAsync<TimeoutException>();
    }

    [Fact]
    public async Task An_exchange_serves_another_request_when_it_is_done_with_one()
    {
        using var connection = await SendAsync($"{Post(5)}12345");
        var exchange = await BeginAsync();
        await exchange.ReadBodyAsync();
        await exchange.SendAsync(Head(200, 0), default, ReplyPart.Whole);

        exchange.TryEnd().Should().BeTrue();
        await connection.ReceiveAsync();
        await connection.SendAsync($"{Post(2)}ab");
        exchange.Begin(await _listener.GetContextAsync());

        Encoding.ASCII.GetString((await exchange.ReadBodyAsync()).Span).Should().Be("ab");
    }

    private static string Post(int length) => $"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n";

    private static HttpResponseHead Head(int status, int length, bool endsConnection = false) =>
        new(status, new HeaderFields { { "X-A", "1" } }, length, endsConnection, isEarly: false);

    private async Task<RawConnection> SendAsync(string request)
    {
        var connection = await RawConnection.OpenAsync(_port);
        await connection.SendAsync(request.Replace("Host: localhost", $"Host: localhost:{_port}", StringComparison.Ordinal));
        return connection;
    }

    private async Task<ListenerExchange> BeginAsync()
    {
        var exchange = new ListenerExchange(_context, () => Interlocked.Increment(ref _repliedEarly), []);
        exchange.Begin(await _listener.GetContextAsync());
        return exchange;
    }
}
