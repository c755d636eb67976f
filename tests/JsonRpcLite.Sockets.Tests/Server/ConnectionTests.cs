namespace JsonRpcLite.Sockets.Tests.Server;

/// <summary>A connection from its first byte to its end, without a socket: what the peer sees, row by row of <see cref="ConnectionState"/>.</summary>
public sealed class ConnectionTests : IDisposable
{
    private const string Request = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n7";
    private const string LastRequest = "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 1\r\n\r\n7";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private ConnectionUnderTest? _parts;

    public void Dispose() => _parts?.Dispose();

    [Fact]
    public void Sequential_requests_are_answered_and_the_connection_stays_open()
    {
        var (connection, wire) = Serve();

        wire.Push(Request);
        wire.Push(Request);

        wire.Replies.Should().Be(2);
        wire.Output.Should().StartWith("HTTP/1.1 200 OK").And.EndWith("\r\n\r\nok").And.NotContain("Connection: close");
        connection.Phase.Should().Be(ConnectionPhase.Idle);
        connection.HoldsExchange.Should().BeFalse("it waits");
    }

    [Fact]
    public void A_head_may_come_byte_by_byte()
    {
        var (connection, wire) = Serve();

        foreach (var character in Request[..^1])
            wire.Push(character.ToString());
        connection.Phase.Should().Be(ConnectionPhase.Handling, "its body is awaited");
        wire.Push(Request[^1..]);

        wire.Output.Should().EndWith("ok");
    }

    [Fact]
    public void A_silent_connection_is_closed_without_a_reply_at_the_deadline_of_the_head()
    {
        var (connection, wire) = Serve();

        _parts!.Wait(15);
        connection.Phase.Should().Be(ConnectionPhase.Opening);
        _parts.Wait(2);

        ShouldBeClosed(connection, wire);
        wire.Output.Should().BeEmpty();
    }

    [Fact]
    public void An_idle_connection_is_closed_without_a_reply_at_its_deadline()
    {
        var (connection, wire) = Serve();
        wire.Push(Request);

        _parts!.Wait(60);
        connection.Phase.Should().Be(ConnectionPhase.Idle);
        _parts.Wait(2);

        ShouldBeClosed(connection, wire);
        wire.Replies.Should().Be(1);
    }

    [Fact]
    public async Task A_head_that_takes_too_long_is_answered_408_once()
    {
        var (connection, wire) = Serve();
        wire.Push(Request[..20]);

        _parts!.Wait(17);
        await wire.ShutDown.WaitAsync(Patience);
        wire.Push(Request[20..]);
        _parts.Wait(2);

        wire.Replies.Should().Be(1);
        wire.Output.Should().StartWith("HTTP/1.1 408 ").And.Contain("Connection: close").And.Contain("15 s");
        connection.Phase.Should().Be(ConnectionPhase.Lingering);
        wire.IsClosed.Should().BeFalse("the client has some time to read it");
    }

    [Fact]
    public async Task A_slow_head_after_one_that_was_nearly_too_slow_is_answered_408_too()
    {
        var (_, wire) = Serve();
        for (var i = 0; i < 3; i++)
        {
            wire.Push(Request[..20]);
            _parts!.Wait(15);
            wire.Push(Request[20..]);
        }
        wire.Push(Request[..20]);

        _parts!.Wait(17);
        await wire.ShutDown.WaitAsync(Patience);

        wire.Replies.Should().Be(4);
        wire.Output.Should().Contain("HTTP/1.1 408 ");
    }

    [Fact]
    public void A_client_that_closes_gets_a_reply_within_a_head_and_none_between_requests()
    {
        var (connection, wire) = Serve();
        var (other, otherWire) = _parts!.Connect();
        wire.Push(Request);
        otherWire.Push(Request[..20]);

        wire.PushEnd();
        otherWire.PushEnd();

        ShouldBeClosed(connection, wire);
        wire.Replies.Should().Be(1);
        ShouldBeClosed(other, otherWire);
        otherWire.Output.Should().StartWith("HTTP/1.1 400 ");
    }

    [Fact]
    public void Invalid_framing_is_answered_once_and_the_rest_of_the_connection_is_ignored()
    {
        var (connection, wire) = Serve();

        wire.Push("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: +1\r\n\r\n7" + Request);
        connection.Phase.Should().Be(ConnectionPhase.Lingering);
        wire.IsShutDown.Should().BeTrue();
        wire.Push(Request);

        wire.Replies.Should().Be(1);
        wire.Output.Should().StartWith("HTTP/1.1 400 ").And.Contain("Connection: close");
        wire.IsClosed.Should().BeFalse();
        wire.PushEnd();
        ShouldBeClosed(connection, wire);
    }

    [Fact]
    public void After_the_last_reply_the_server_shuts_down_its_side_and_closes_when_the_client_does()
    {
        var (connection, wire) = Serve();

        wire.Push(LastRequest);
        wire.IsShutDown.Should().BeTrue();
        connection.Phase.Should().Be(ConnectionPhase.Lingering);
        wire.PushEnd();

        ShouldBeClosed(connection, wire);
        wire.Output.Should().Contain("Connection: close").And.EndWith("ok");
    }

    [Fact]
    public void A_connection_whose_client_does_not_close_after_the_last_reply_is_closed_at_its_deadline()
    {
        var (connection, wire) = Serve();
        wire.Push(LastRequest);

        _parts!.Wait(5);
        wire.IsClosed.Should().BeFalse();
        _parts.Wait(2);

        ShouldBeClosed(connection, wire);
        wire.IsAborted.Should().BeFalse();
    }

    [Fact]
    public void A_reply_that_is_not_read_in_time_ends_in_a_reset()
    {
        var (connection, wire) = Serve();
        wire.HoldsSends = true;
        wire.Push(Request);

        _parts!.Wait(30);
        connection.Phase.Should().Be(ConnectionPhase.Sending);
        _parts.Wait(2);

        ShouldBeClosed(connection, wire);
        wire.IsAborted.Should().BeTrue();
    }

    [Fact]
    public void Each_piece_of_a_large_reply_has_its_own_deadline()
    {
        const int pieces = 5;
        var (connection, wire) = Serve((exchange, _) =>
        {
            exchange.Reply(200, "text/plain", new byte[pieces * HttpLimits.ResponsePieceSize - 1000]);
            return default;
        });
        wire.HoldsSends = true;
        wire.Push("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");

        for (var i = 0; i < pieces; i++)
        {
            _parts!.Wait(25);
            connection.Phase.Should().Be(ConnectionPhase.Sending);
            wire.TakeAll();
        }

        connection.Phase.Should().Be(ConnectionPhase.Idle);
        wire.Output.Length.Should().BeGreaterThan(pieces * HttpLimits.ResponsePieceSize - 1000);
    }

    [Fact]
    public async Task A_reset_while_the_handler_runs_cancels_its_call_and_nothing_is_sent()
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = new TaskCompletionSource();
        var (connection, wire) = Serve(async (_, token) =>
        {
            using var registered = token.Register(cancelled.SetResult);
            await end.Task;
        });
        wire.Push(Request);
        _parts!.Wait(20);
        connection.Phase.Should().Be(ConnectionPhase.Handling, "a handler may take its time");

        wire.HasReset = true;
        _parts.Wait(1);
        await cancelled.Task.WaitAsync(Patience);
        end.SetResult();

        connection.Phase.Should().Be(ConnectionPhase.Gone);
        wire.IsClosed.Should().BeTrue();
        _parts.Connections.Count.Should().Be(0);
        wire.Output.Should().BeEmpty();
    }

    [Fact]
    public void An_exchange_whose_client_has_disconnected_is_never_reused_even_if_its_handler_has_ended()
    {
        // The flow already owns the reply, and the clock notices the reset before it is sent: the flow must not return the exchange, because the clock is about to cancel its call.
        HttpExchange? served = null;
        FakeWire wire = null!;
        using var log = new HookedLog(() =>
        {
            wire.HasReset = true;
            _parts!.Wait(1);
        });
        (var connection, wire) = Serve(
            (exchange, _) =>
            {
                served = exchange;
                return default;
            },
            log);

        wire.Push(Request);

        connection.Phase.Should().Be(ConnectionPhase.Gone);
        wire.IsClosed.Should().BeTrue();
        wire.Output.Should().BeEmpty();
        served.Should().NotBeNull();
        _parts!.Gate.Exchanges.Rent().Should().NotBeSameAs(served);
    }

    [Fact]
    public async Task An_early_reply_is_sent_once_and_what_the_handler_writes_later_is_discarded()
    {
        var end = new TaskCompletionSource();
        var (connection, wire) = Serve(async (exchange, _) =>
        {
            await end.Task;
            exchange.Reply(200, "text/plain", "too late");
        });
        wire.Push(Request);

        _parts!.Wait(102);
        await wire.ShutDown.WaitAsync(Patience);
        wire.Output.Should().StartWith("HTTP/1.1 504 ").And.Contain("Connection: close");
        connection.Phase.Should().Be(ConnectionPhase.Lingering);
        end.SetResult();
        wire.PushEnd();
        await wire.Closed.WaitAsync(Patience);

        wire.Replies.Should().Be(1);
        wire.Output.Should().NotContain("too late");
        _parts.Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task An_early_reply_that_is_not_read_in_time_ends_in_a_reset()
    {
        var end = new TaskCompletionSource();
        var (connection, wire) = Serve(async (_, _) => await end.Task);
        wire.Push(Request);
        wire.HoldsSends = true;

        _parts!.Wait(102);
        connection.Phase.Should().Be(ConnectionPhase.SendingEarly);
        _parts.Wait(31);

        ShouldBeClosed(connection, wire);
        wire.IsAborted.Should().BeTrue();
        end.SetResult();
        await wire.Closed.WaitAsync(Patience);
    }

    [Fact]
    public async Task An_early_reply_does_not_cross_a_100_that_is_being_sent()
    {
        var (_, wire) = Serve();
        wire.HoldsSends = true;
        wire.Push("POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");

        // The body does not arrive, and the call is given up.
        _parts!.Wait(10);
        wire.Output.Should().Be("HTTP/1.1 100 Continue\r\n\r\n");
        wire.HoldsSends = false;
        wire.TakeAll();
        await wire.ShutDown.WaitAsync(Patience);

        wire.Output.Should().StartWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 408 ");
        wire.Replies.Should().Be(2);
    }

    [Fact]
    public void Requests_that_came_together_are_served_without_a_wait_between_them()
    {
        var (connection, wire) = Serve();
        var waits = wire.Waits;

        wire.Push(Request + Request + Request);

        wire.Replies.Should().Be(3);
        wire.Waits.Should().Be(waits + 1, "only the last one is followed by a wait");
        connection.Phase.Should().Be(ConnectionPhase.Idle);
    }

    [Fact]
    public void After_sixteen_requests_in_a_row_a_connection_yields()
    {
        var (_, wire) = Serve();

        wire.Push(string.Concat(Enumerable.Repeat(Request, ServerConnection.MaxCallsInRow)));
        wire.Yields.Should().Be(0);
        wire.Push(string.Concat(Enumerable.Repeat(Request, 2 * ServerConnection.MaxCallsInRow + 1)));

        wire.Yields.Should().Be(2);
        wire.Replies.Should().Be(3 * ServerConnection.MaxCallsInRow + 1);
    }

    [Fact]
    public async Task The_shutdown_closes_connections_that_are_not_replying_and_lets_replies_finish()
    {
        var end = new TaskCompletionSource();
        var (opening, openingWire) = Serve(async (exchange, _) =>
        {
            await end.Task;
            exchange.Reply(200, "text/plain", "ok");
        });
        var (replying, replyingWire) = _parts!.Connect();
        replyingWire.Push(Request);
        // Room for two: the next connection is refused, and lingers.
        var (lingering, lingeringWire) = _parts.Connect();
        lingering.Phase.Should().Be(ConnectionPhase.Lingering);

        var allReplied = _parts.Connections.EndIdle();
        ShouldBeClosed(opening, openingWire, open: 2);
        replying.Phase.Should().Be(ConnectionPhase.Handling);
        allReplied.IsCompleted.Should().BeFalse();
        end.SetResult();
        await allReplied.WaitAsync(Patience);

        replyingWire.Output.Should().StartWith("HTTP/1.1 200 ").And.Contain("Connection: close").And.EndWith("ok");
        replying.Phase.Should().Be(ConnectionPhase.Lingering);
        lingeringWire.IsClosed.Should().BeFalse("its reply may not have been read yet");
    }

    [Fact]
    public void The_shutdown_closes_an_idle_connection_and_one_in_the_middle_of_a_head()
    {
        var (idle, idleWire) = Serve();
        var (head, headWire) = _parts!.Connect();
        idleWire.Push(Request);
        headWire.Push(Request[..20]);

        var allReplied = _parts.Connections.EndIdle();

        ShouldBeClosed(idle, idleWire);
        ShouldBeClosed(head, headWire);
        headWire.Output.Should().BeEmpty();
        allReplied.IsCompleted.Should().BeTrue();
    }

    [Fact]
    public void One_connection_too_many_is_answered_503_and_nothing_of_it_is_served()
    {
        Serve();
        _parts!.Connect();

        var (connection, wire) = _parts.Connect();
        wire.Push(Request);

        wire.Replies.Should().Be(1);
        wire.Output.Should().StartWith("HTTP/1.1 503 ").And.Contain("Retry-After: 1").And.Contain("limit of 2 connections");
        connection.Phase.Should().Be(ConnectionPhase.Lingering);
        wire.PushEnd();
        ShouldBeClosed(connection, wire, open: 2);
    }

    [Fact]
    public void Closing_a_connection_ends_whatever_waits_for_it_and_its_exchange_serves_another()
    {
        HttpExchange? served = null;
        var (connection, wire) = Serve((exchange, _) =>
        {
            served = exchange;
            return default;
        });
        wire.HoldsSends = true;
        wire.Push(Request);
        connection.HoldsExchange.Should().BeTrue();

        connection.Close();
        connection.Close();

        ShouldBeClosed(connection, wire);
        connection.HoldsExchange.Should().BeFalse();
        _parts!.Gate.Exchanges.Rent().Should().BeSameAs(served);
        _parts.Failures.Should().BeEmpty();
    }

    /// <summary>Answers <c>ok</c> when it has read the body, or as the handler does.</summary>
    private (ServerConnection Connection, FakeWire Wire) Serve(HttpExchangeHandler? handler = null, TextWriter? log = null)
    {
        _parts = new ConnectionUnderTest(handler ?? AnswerAsync, log);
        return _parts.Connect();

        static async ValueTask AnswerAsync(HttpExchange exchange, CancellationToken cancellationToken)
        {
            await exchange.ReadBodyAsync(cancellationToken).ConfigureAwait(false);
            exchange.Reply(200, "text/plain", "ok");
        }
    }

    private void ShouldBeClosed(ServerConnection connection, FakeWire wire, int open = 0)
    {
        connection.Phase.Should().Be(ConnectionPhase.Closed);
        wire.IsClosed.Should().BeTrue();
        _parts!.Connections.Count.Should().Be(open);
    }

    private sealed class HookedLog(Action onWrite) : StringWriter
    {
        public override void WriteLine(System.Text.StringBuilder? value) => onWrite();
    }
}
