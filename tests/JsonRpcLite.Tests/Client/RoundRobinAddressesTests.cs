namespace JsonRpcLite.Tests;

/// <summary>Which of several addresses a client skips, depending on how a call to it has failed.</summary>
public sealed class RoundRobinAddressesTests : IDisposable
{
    private static readonly Uri First = new("http://first/");
    private static readonly Uri Second = new("http://second/");

    private readonly ManualClock _clock = new();
    private readonly List<Uri> _called = [];
    private readonly Wire _wire;
    private readonly JsonRpcClient _client;

    public RoundRobinAddressesTests()
    {
        _wire = new Wire(_called);
        _client = JsonRpc.MakeClient(First, new JsonRpcClientOptions { Transport = _wire, TimeProvider = _clock, Timeout = TimeSpan.FromSeconds(5) }.UseAddresses(First, Second));
    }

    [Fact]
    public async Task An_address_that_timed_out_before_it_was_connected_is_left_out()
    {
        _wire.AtFirst = Wire.Connect;
        var calling = _client.CommandAsync(1);
        _clock.Advance(TimeSpan.FromSeconds(6));
        await calling.Invoking(c => c).Should().ThrowAsync<TaskCanceledException>();

        await CallFourTimesAsync();

        _called.Should().Equal(First, Second, Second, Second, Second);
    }

    [Fact]
    public async Task An_address_whose_caller_gave_up_before_it_was_connected_is_called_again()
    {
        _wire.AtFirst = Wire.Connect;
        using var end = new CancellationTokenSource();
        var calling = _client.CommandAsync(1, end.Token);
        await end.CancelAsync();
        await calling.Invoking(c => c).Should().ThrowAsync<TaskCanceledException>();
        _wire.AtFirst = Wire.Answer;

        await CallFourTimesAsync();

        _called.Should().Equal(First, Second, First, Second, First);
    }

    [Fact]
    public async Task An_address_that_was_reached_again_is_called_again_though_its_reply_was_lost()
    {
        _wire.AtFirst = Wire.Refuse;
        await _client.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<HttpRequestException>();
        await _client.CommandAsync(1);
        _clock.Advance(TimeSpan.FromSeconds(11));
        _wire.AtFirst = Wire.Lose;
        _called.Clear();

        for (var i = 0; i < 4; i++)
            await TryCallAsync();

        _called.Should().HaveCount(4);
        _called.Count(address => address == First).Should().Be(2);
    }

    [Fact]
    public async Task If_no_address_can_be_reached_all_of_them_are_still_tried()
    {
        (_wire.AtFirst, _wire.AtSecond) = (Wire.Refuse, Wire.Refuse);

        for (var i = 0; i < 6; i++)
            await _client.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<HttpRequestException>();
        _wire.AtSecond = Wire.Answer;
        _called.Clear();
        for (var i = 0; i < 2; i++)
            await TryCallAsync();

        _called.Should().Contain(Second);
    }

    public void Dispose() => _client.Dispose();

    private async Task CallFourTimesAsync()
    {
        for (var i = 0; i < 4; i++)
            await _client.CommandAsync(1);
    }

    private async Task TryCallAsync()
    {
        try
        {
            await _client.CommandAsync(1);
        }
        catch (HttpRequestException)
        {
            // The first address was next in the rotation.
        }
    }

    /// <summary>Behaves at each address as the test decides.</summary>
    private sealed class Wire(List<Uri> called) : ClientTransport
    {
        public Func<HttpExchange, CancellationToken, ValueTask> AtFirst { get; set; } = Answer;

        public Func<HttpExchange, CancellationToken, ValueTask> AtSecond { get; set; } = Answer;

        public static ValueTask Answer(HttpExchange exchange, CancellationToken cancellationToken)
        {
            exchange.Reply(200, "application/json", "1");
            return default;
        }

        public static ValueTask Refuse(HttpExchange exchange, CancellationToken cancellationToken)
        {
            var refused = new HttpRequestException(HttpRequestError.ConnectionError, "refused");
            MarkUnsent(refused);
            throw refused;
        }

        public static ValueTask Lose(HttpExchange exchange, CancellationToken cancellationToken) => throw new HttpRequestException(HttpRequestError.ResponseEnded, "lost");

        /// <summary>To a host that does not answer.</summary>
        public static async ValueTask Connect(HttpExchange exchange, CancellationToken cancellationToken)
        {
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            }
            catch (OperationCanceledException e)
            {
                MarkUnsent(e);
                throw;
            }
        }

        public override void Send(HttpExchange exchange, CancellationToken cancellationToken) => throw new NotSupportedException();

        public override ValueTask SendAsync(HttpExchange exchange, CancellationToken cancellationToken)
        {
            called.Add(exchange.Address!);
            return exchange.Address == First ? AtFirst(exchange, cancellationToken) : AtSecond(exchange, cancellationToken);
        }
    }
}
