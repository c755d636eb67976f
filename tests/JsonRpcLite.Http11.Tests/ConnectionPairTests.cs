using System.Text;
using static JsonRpcLite.Http11.Http11Role;
using static JsonRpcLite.Http11.Http11State;

namespace JsonRpcLite.Http11.Tests;

/// <summary>Whole conversations, seen from both ends at once.</summary>
public class ConnectionPairTests
{
    private readonly ConnectionPair _pair = new();

    [Fact]
    public void A_request_and_its_answer_and_another_cycle()
    {
        for (var cycle = 0; cycle < 3; cycle++)
        {
            _pair.SendUnchanged(Client, new Http11Request("POST", "/a?b", [("Host", "a"), ("Content-Length", "10")]), Data("1234567890"), new Http11EndOfMessage());
            _pair.StatesShouldBe(Done, SendResponse);

            _pair.SendUnchanged(Http11Role.Server, new Http11Response(200, [("Content-Length", "2"), ("X", "y")], "Fine"), Data("hi"), new Http11EndOfMessage());
            _pair.StatesShouldBe(Done, Done);

            _pair.StartNextCycle();
            _pair.StatesShouldBe(Idle, Idle);
        }
    }

    [Fact]
    public void Chunks_and_trailers_go_through_in_both_directions()
    {
        _pair.SendUnchanged(
            Client, new Http11Request("POST", "/", [("Host", "a"), ("Transfer-Encoding", "chunked")]), Chunk("some"), Chunk("more"), new Http11EndOfMessage([("X-Sum", "8")]));

        var read = _pair.Send(Http11Role.Server, new Http11Response(200, []), Chunk("answer"), new Http11EndOfMessage([("X-Sum", "6"), ("Y", "")]));

        read.Should().Equal(new Http11Response(200, [("transfer-encoding", "chunked")]), Chunk("answer"), new Http11EndOfMessage([("x-sum", "6"), ("y", "")]));
        _pair.StatesShouldBe(Done, Done);
    }

    [Fact]
    public void A_client_that_expects_a_100_gets_it_and_continues()
    {
        _pair.Send(Client, new Http11Request("POST", "/", [("Host", "a"), ("Content-Length", "1"), ("Expect", "100-continue")]));
        _pair.Client.ClientIsWaitingForContinue.Should().BeTrue();
        _pair.Server.ClientIsWaitingForContinue.Should().BeTrue();

        _pair.SendUnchanged(Http11Role.Server, new Http11InformationalResponse(100, []));
        _pair.Client.ClientIsWaitingForContinue.Should().BeFalse();
        _pair.Server.ClientIsWaitingForContinue.Should().BeFalse();

        _pair.SendUnchanged(Client, Data("x"), new Http11EndOfMessage());
        _pair.StatesShouldBe(Done, SendResponse);
    }

    [Fact]
    public void A_client_that_stops_waiting_may_send_its_body()
    {
        _pair.Send(Client, new Http11Request("POST", "/", [("Host", "a"), ("Content-Length", "2"), ("Expect", "100-continue")]), Data("x"));

        _pair.Client.ClientIsWaitingForContinue.Should().BeFalse();
        _pair.Server.ClientIsWaitingForContinue.Should().BeFalse();
    }

    [Fact]
    public void An_upgrade_that_is_accepted_hands_over_what_follows()
    {
        _pair.Send(Client, new Http11Request("GET", "/", [("Host", "a"), ("Connection", "Upgrade"), ("Upgrade", "x")]), new Http11EndOfMessage());
        _pair.StatesShouldBe(MightSwitchProtocol, SendResponse);

        _pair.Send(Http11Role.Server, new Http11InformationalResponse(101, [("Upgrade", "x"), ("Connection", "Upgrade")], "Switching Protocols"));
        _pair.StatesShouldBe(SwitchedProtocol, SwitchedProtocol);

        _pair.Server.Receive("frames"u8);
        _pair.Server.NextEvent().Should().Be(Http11EventKind.Paused);
        _pair.Server.TrailingData.ToArray().Should().Equal("frames"u8.ToArray());
    }

    [Fact]
    public void An_upgrade_that_is_denied_is_an_ordinary_request()
    {
        _pair.Send(Client, new Http11Request("GET", "/", [("Host", "a"), ("Connection", "Upgrade"), ("Upgrade", "x")]), new Http11EndOfMessage());

        _pair.Send(Http11Role.Server, new Http11Response(200, [("Content-Length", "0")]), new Http11EndOfMessage());

        _pair.StatesShouldBe(Done, Done);
        _pair.StartNextCycle();
    }

    [Fact]
    public void A_connect_that_is_accepted_makes_a_tunnel_without_framing_fields()
    {
        _pair.Send(Client, new Http11Request("CONNECT", "a:443", [("Host", "a:443")]), new Http11EndOfMessage());
        _pair.StatesShouldBe(MightSwitchProtocol, SendResponse);

        var sent = Encoding.Latin1.GetString(_pair.Server.Send(new Http11Response(200, [("Content-Length", "5"), ("Via", "b")])));

        sent.Should().Be("HTTP/1.1 200 \r\nVia: b\r\n\r\n");
        _pair.Server.OurState.Should().Be(SwitchedProtocol);
        _pair.Server.TheirState.Should().Be(SwitchedProtocol);
    }

    [Fact]
    public void A_connect_that_is_denied_on_a_closing_connection_ends_it()
    {
        _pair.Send(Client, new Http11Request("CONNECT", "a:443", [("Host", "a:443"), ("Connection", "close")]), new Http11EndOfMessage());
        _pair.StatesShouldBe(MightSwitchProtocol, SendResponse);

        _pair.Send(Http11Role.Server, new Http11Response(404, [("Content-Length", "0")]), new Http11EndOfMessage());

        _pair.StatesShouldBe(MustClose, MustClose);
    }

    [Fact]
    public void Either_end_can_end_keep_alive()
    {
        _pair.Send(Client, new Http11Request("GET", "/", [("Host", "a")]), new Http11EndOfMessage());
        _pair.Send(Http11Role.Server, new Http11Response(200, [("Connection", "close"), ("Content-Length", "0")]), new Http11EndOfMessage());
        _pair.StatesShouldBe(MustClose, MustClose);

        _pair.SendUnchanged(Http11Role.Server, new Http11ConnectionClosed());
        _pair.StatesShouldBe(MustClose, Closed);
        _pair.SendUnchanged(Client, new Http11ConnectionClosed());
        _pair.StatesShouldBe(Closed, Closed);
    }

    [Fact]
    public void A_client_that_closes_after_its_request_still_gets_its_answer()
    {
        _pair.Send(Client, new Http11Request("GET", "/", [("Host", "a")]), new Http11EndOfMessage(), new Http11ConnectionClosed());
        _pair.StatesShouldBe(Closed, SendResponse);

        var read = _pair.Send(Http11Role.Server, new Http11Response(200, [("Content-Length", "1")]), Data("x"), new Http11EndOfMessage());

        read.Should().Equal(new Http11Response(200, [("Content-Length", "1"), ("Connection", "close")]), Data("x"), new Http11EndOfMessage());
        _pair.StatesShouldBe(Closed, MustClose);
    }

    [Fact]
    public void Closing_while_idle_is_not_an_error()
    {
        _pair.SendUnchanged(Client, new Http11ConnectionClosed());

        _pair.StatesShouldBe(Closed, MustClose);
    }

    [Theory]
    [InlineData("HEAD", 200)]
    [InlineData("GET", 304)]
    [InlineData("GET", 204)]
    public void A_response_that_has_no_body_needs_none(string method, int status)
    {
        _pair.Send(Client, new Http11Request(method, "/", [("Host", "a")]), new Http11EndOfMessage());

        _pair.Send(Http11Role.Server, new Http11Response(status, []), new Http11EndOfMessage());

        _pair.StatesShouldBe(Done, Done);
    }

    [Fact]
    public void An_early_408_is_read_although_nothing_was_requested()
    {
        _pair.SendUnchanged(Http11Role.Server, new Http11Response(408, [("Connection", "close"), ("Content-Length", "0")]), new Http11EndOfMessage());

        _pair.StatesShouldBe(Idle, MustClose);
    }

    private static Http11Data Data(string text) => new(Encoding.Latin1.GetBytes(text));

    private static Http11Data Chunk(string text) => new(Encoding.Latin1.GetBytes(text), true, true);
}
