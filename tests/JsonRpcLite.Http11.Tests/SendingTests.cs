using System.Buffers;
using static JsonRpcLite.Http11.Tests.Wire;

namespace JsonRpcLite.Http11.Tests;

/// <summary>
/// Sending beyond what the cases cover: what is added, what is left out, what is refused, and what a refusal leaves behind.
/// </summary>
public class SendingTests
{
    private static readonly Http11EndOfMessage End = new();

    [Fact]
    public void A_body_of_unknown_length_is_chunked_for_a_peer_that_speaks_1_1() =>
        Asked().SendText(new Http11Response(200, [("X", "y")], "OK"), new Http11Data(Bytes("hello, chunks")), new Http11Data(default), End)
            .Should().Be("HTTP/1.1 200 OK\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\nd\r\nhello, chunks\r\n0\r\n\r\n");

    [Fact]
    public void A_body_of_unknown_length_ends_with_the_connection_for_an_older_peer() =>
        Asked("GET / HTTP/1.0\r\n\r\n").SendText(new Http11Response(200, [("X", "y")]), new Http11Data(Bytes("hi")), End)
            .Should().Be("HTTP/1.1 200 \r\nX: y\r\nConnection: close\r\n\r\nhi");

    [Theory]
    [InlineData(204)]
    [InlineData(304)]
    public void Framing_fields_are_left_out_where_they_are_not_allowed(int status)
    {
        var sent = Asked().SendText(new Http11Response(status, [("Content-Length", "5"), ("X", "y")]), End);

        sent.Should().Be(status == 204 ? "HTTP/1.1 204 \r\nX: y\r\n\r\n" : "HTTP/1.1 304 \r\nContent-Length: 5\r\nX: y\r\n\r\n");
    }

    [Fact]
    public void An_informational_response_has_no_framing_fields_and_no_body()
    {
        var connection = Asked();

        connection.SendText(new Http11InformationalResponse(103, [("Content-Length", "5"), ("Transfer-Encoding", "chunked"), ("Link", "</a>")], "Early Hints"))
            .Should().Be("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
        connection.OurState.Should().Be(Http11State.SendResponse);
    }

    [Fact]
    public void An_older_client_gets_no_informational_response()
    {
        var connection = Asked("GET / HTTP/1.0\r\n\r\n");

        connection.Invoking(c => c.SendText(new Http11InformationalResponse(100, []))).Should().Throw<LocalProtocolException>();
        connection.SendText(new Http11Response(200, [("Content-Length", "0")])).Should().Contain("Connection: close");
    }

    [Fact]
    public void The_answer_to_HEAD_has_the_fields_of_the_answer_to_GET()
    {
        Asked("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").SendText(new Http11Response(200, []), End).Should().Be("HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n");
        Asked("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").SendText(new Http11Response(200, [("Content-Length", "9")]), End).Should().Be("HTTP/1.1 200 \r\nContent-Length: 9\r\n\r\n");
    }

    [Theory]
    [InlineData("keep-alive", "")]
    [InlineData("Keep-Alive, X", "connection: X\r\n")]
    [InlineData("a, keep-alive,b", "connection: a,b\r\n")]
    [InlineData("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,1,2,3,4,5,6", "connection: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,1,2,3,4,5,6\r\n")]
    [InlineData("CLOSE", "connection: CLOSE\r\n")]
    public void Close_replaces_keep_alive(string said, string kept)
    {
        var sent = Asked("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").SendText(new Http11Response(200, [("connection", said), ("Content-Length", "0")]));

        var added = said == "CLOSE" ? "" : "Connection: close\r\n";
        sent.Should().Be($"HTTP/1.1 200 \r\n{kept}Content-Length: 0\r\n{added}\r\n");
    }

    [Fact]
    public void Equal_lengths_go_out_once()
    {
        Asked().SendText(new Http11Response(200, [("Content-Length", "1"), ("X", "y"), ("content-length", "1")])).Should().Be("HTTP/1.1 200 \r\nContent-Length: 1\r\nX: y\r\n\r\n");
        new Http11Connection(Http11Role.Client).SendText(new Http11Request("POST", "/", [("Host", "a"), ("Content-Length", "1"), ("Content-Length", "1")]))
            .Should().Be("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n");
    }

    [Fact]
    public void Fields_that_were_read_can_be_sent_on()
    {
        var proxy = Client("HTTP/1.1 200 OK\r\nX:   y  \r\nZ: a\r\n b\r\nContent-Length: 0\r\n\r\n");
        proxy.NextEvent();
        var output = new ArrayBufferWriter<byte>();

        Asked().SendResponse(output, proxy.StatusCode, proxy.Reason, proxy.Fields);

        Text(output.WrittenSpan).Should().Be("HTTP/1.1 200 OK\r\nX: y\r\nZ: a b\r\nContent-Length: 0\r\n\r\n");
    }

    [Fact]
    public void Fields_that_a_lenience_let_through_cannot_be_sent_on()
    {
        var proxy = Client("HTTP/1.1 200 OK\r\nX: \u0001\r\nContent-Length: 0\r\n\r\n", new Http11Options { AllowControlBytesInValues = true });
        proxy.NextEvent();
        var output = new ArrayBufferWriter<byte>();

        Asked().Invoking(c => c.SendResponse(output, 200, default, proxy.Fields)).Should().Throw<LocalProtocolException>();
        output.WrittenCount.Should().Be(0);
    }

    [Fact]
    public void Data_that_the_caller_sends_itself_is_framed_and_counted()
    {
        var connection = Asked();
        var output = new ArrayBufferWriter<byte>();
        connection.SendResponse(output, 200);
        output.Clear();

        connection.BeginData(output, 255);
        Text(output.WrittenSpan).Should().Be("ff\r\n");
        connection.EndData(output);
        connection.BeginData(output, 0);
        connection.EndData(output);
        Text(output.WrittenSpan).Should().Be("ff\r\n\r\n");

        connection.BeginData(output, 1);
        connection.Invoking(c => c.SendEndOfMessage(output)).Should().Throw<LocalProtocolException>("the part has not ended");
        connection.OurState.Should().Be(Http11State.Error);
    }

    [Fact]
    public void Data_that_the_caller_sends_itself_must_fit_the_announced_length()
    {
        var connection = Asked();
        var output = new ArrayBufferWriter<byte>();
        connection.SendText(new Http11Response(200, [("Content-Length", "5")]));
        connection.BeginData(output, 5);
        connection.EndData(output);
        output.WrittenCount.Should().Be(0);

        connection.Invoking(c => c.BeginData(output, 1)).Should().Throw<LocalProtocolException>();
        connection.Invoking(c => c.EndData(output)).Should().Throw<LocalProtocolException>();
    }

    [Fact]
    public void A_large_chunk_is_one_chunk()
    {
        var connection = Asked();
        connection.SendText(new Http11Response(200, []));

        connection.SendText(new Http11Data(new byte[70_000])).Should().StartWith("11170\r\n\0").And.EndWith("\0\r\n").And.HaveLength(70_000 + 9);
    }

    public static TheoryData<Http11Event> Malformed() =>
    [
        new Http11Response(99, []), new Http11Response(199, []), new Http11Response(600, []), new Http11InformationalResponse(200, []), new Http11InformationalResponse(99, []),
        new Http11Response(200, [], "a\r\nb"), new Http11Response(200, [], "a\0"), new Http11Response(200, [], "\u20ac"), new Http11Response(200, [("", "x")]),
        new Http11Response(200, [("a b", "x")]), new Http11Response(200, [("a", "x\r\ny: z")]), new Http11Response(200, [("a", "x\u007f")]),
        new Http11Response(200, [("a", "\u20ac")]),
        new Http11Response(200, [("a", "x ")]), new Http11Response(200, [("Content-Length", "x")]), new Http11Response(200, [("Content-Length", "+1")]),
        new Http11Response(200, [("Content-Length", "1, 1")]), new Http11Response(200, [("Content-Length", "9223372036854775808")]),
        new Http11Response(200, [("Content-Length", "1"), ("Content-Length", "2")]), new Http11Response(200, [("Transfer-Encoding", "gzip, chunked")]),
        new Http11Response(200, [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")]), new Http11Response(200, [], "", "1.0"),
        new Http11NeedData(), new Http11Paused(),
    ];

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_event_is_refused_and_changes_nothing(Http11Event what)
    {
        var connection = Asked();
        var output = new ArrayBufferWriter<byte>();

        connection.Invoking(c => c.Send(output, what)).Should().Throw<LocalProtocolException>();

        output.WrittenCount.Should().Be(0);
        connection.OurState.Should().Be(Http11State.SendResponse);
        connection.SendText(new Http11Response(500, [("Content-Length", "0")]), End).Should().Be("HTTP/1.1 500 \r\nContent-Length: 0\r\n\r\n");
    }

    public static TheoryData<Http11Request> MalformedRequests() =>
    [
        new("", "/", [("Host", "a")]), new("G T", "/", [("Host", "a")]), new("GET", "", [("Host", "a")]), new("GET", "/ ", [("Host", "a")]), new("GET", "/\u00e9", [("Host", "a")]),
        new("GET", "*", [("Host", "a")]), new("CONNECT", "/", [("Host", "a")]), new("GET", "/", []), new("GET", "/", [("Host", "a"), ("host", "a")]), new(
            "GET", "/", [("Host", "a b")]),
        new("POST", "/", [("Host", "a"), ("Content-Length", "1"), ("Transfer-Encoding", "chunked")]),
        new("GET", "/#a", [("Host", "a")]), new("GET", "http://a/#b", [("Host", "a")]), new("GET", "http://a:65536", [("Host", "a")]),
        new("CONNECT", "a:1", [("Host", "a:1"), ("Content-Length", "1")]), new("CONNECT", "a:1", [("Host", "a:1"), ("Transfer-Encoding", "chunked")]),
        new("GET", "/", [("Host", "a"), ("Upgrade", "x")]), new("GET", "/", [("Host", "a"), ("Upgrade", "x"), ("Connection", "close")]),
        new("POST", "/", [("Host", "a"), ("Expect", "100-continue")]), new("POST", "/", [("Host", "a"), ("Expect", "100-continue"), ("Content-Length", "0")]),
    ];

    [Theory]
    [MemberData(nameof(MalformedRequests))]
    public void A_malformed_request_is_refused_and_changes_nothing(Http11Request request)
    {
        var connection = new Http11Connection(Http11Role.Client);

        connection.Invoking(c => c.Send(request)).Should().Throw<LocalProtocolException>();

        connection.OurState.Should().Be(Http11State.Idle);
        connection.SendText(new Http11Request("GET", "/", [("Host", "a")]), End).Should().Be("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    }

    [Theory]
    [InlineData("Content-Length")]
    [InlineData("transfer-encoding")]
    [InlineData("Host")]
    [InlineData("Connection")]
    public void Trailers_neither_frame_nor_route(string name)
    {
        var connection = Asked();
        connection.Send(new Http11Response(200, []));

        connection.Invoking(c => c.Send(new Http11EndOfMessage([(name, "1")]))).Should().Throw<LocalProtocolException>();

        connection.SendText(End).Should().Be("0\r\n\r\n");
    }

    [Theory]
    [InlineData("Authorization")]
    [InlineData("set-cookie")]
    [InlineData("CONTENT-TYPE")]
    [InlineData("Content-Encoding")]
    [InlineData("If-Match")]
    [InlineData("Range")]
    [InlineData("TE")]
    [InlineData("Trailer")]
    [InlineData("Date")]
    [InlineData("Cache-Control")]
    public void Trailers_contain_no_field_that_is_needed_before_the_content(string name)
    {
        var connection = Asked();
        connection.Send(new Http11Response(200, []));

        connection.Invoking(c => c.Send(new Http11EndOfMessage([(name, "1")]))).Should().Throw<LocalProtocolException>();

        connection.SendText(new Http11EndOfMessage([("Digest", "x"), ("ETag", "y"), ("Authentication-Info", "z")])).Should().StartWith("0\r\nDigest: x\r\n");
    }

    [Fact]
    public void The_last_response_to_a_client_that_closed_says_so()
    {
        var connection = Asked();
        connection.ReceiveEndOfFile();
        connection.NextEvent().Should().Be(Http11EventKind.ConnectionClosed);

        connection.SendText(new Http11Response(200, [("Content-Length", "0")])).Should().Be("HTTP/1.1 200 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }

    public static TheoryData<Http11InformationalResponse> Acceptances() =>
    [
        new(101, []), new(101, [("Upgrade", "x")]), new(101, [("Connection", "upgrade")]), new(101, [("Connection", "upgrade"), ("Upgrade", "")]),
    ];

    [Theory]
    [MemberData(nameof(Acceptances))]
    public void A_switch_of_protocols_says_to_which(Http11InformationalResponse response)
    {
        var connection = Asked("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");

        connection.Invoking(c => c.SendText(response)).Should().Throw<LocalProtocolException>();

        connection.SendText(new Http11InformationalResponse(101, [("Connection", "a, Upgrade"), ("Upgrade", "x")]));
        connection.OurState.Should().Be(Http11State.SwitchedProtocol);
    }

    [Fact]
    public void A_205_has_no_content()
    {
        Asked().Invoking(c => c.SendText(new Http11Response(205, [("Content-Length", "1")]))).Should().Throw<LocalProtocolException>();
        Asked().SendText(new Http11Response(205, [("Content-Length", "0")]), End).Should().Be("HTTP/1.1 205 \r\nContent-Length: 0\r\n\r\n");
        var connection = Asked();
        connection.SendText(new Http11Response(205, []), new Http11Data(default));

        connection.Invoking(c => c.SendText(new Http11Data(Bytes("x")))).Should().Throw<LocalProtocolException>();

        connection.OurState.Should().Be(Http11State.Error);
    }

    [Fact]
    public void Data_that_is_passed_through_does_not_end_on_a_broken_side()
    {
        var connection = Asked();
        connection.SendText(new Http11Response(200, []));
        var output = new ArrayBufferWriter<byte>();
        connection.BeginData(output, 5);
        output.ResetWrittenCount();
        connection.SendFailed();

        connection.Invoking(c => c.EndData(output)).Should().Throw<LocalProtocolException>();

        output.WrittenCount.Should().Be(0);
    }

    [Fact]
    public void An_event_out_of_order_breaks_our_side_for_good()
    {
        foreach (var what in new Http11Event[] { new Http11Data(Bytes("x")), End, new Http11ConnectionClosed(), new Http11Request("GET", "/", [("Host", "a")]) })
        {
            var connection = Asked();
            var output = new ArrayBufferWriter<byte>();

            connection.Invoking(c => c.Send(output, what)).Should().Throw<LocalProtocolException>(what.ToString());

            output.WrittenCount.Should().Be(0);
            connection.OurState.Should().Be(Http11State.Error);
            connection.Invoking(c => c.Send(output, new Http11Response(500, []))).Should().Throw<LocalProtocolException>();
            connection.TheirState.Should().Be(Http11State.MustClose);
        }
    }

    [Fact]
    public void A_body_that_is_too_short_breaks_our_side()
    {
        var connection = new Http11Connection(Http11Role.Client);
        connection.Send(new Http11Request("POST", "/", [("Host", "a"), ("Content-Length", "10")]));
        connection.Send(new Http11Data(Bytes("123456789")));

        connection.Invoking(c => c.Send(End)).Should().Throw<LocalProtocolException>().WithMessage("*1 bytes shorter*");

        connection.OurState.Should().Be(Http11State.Error);
    }

    [Fact]
    public void Fields_are_collected_and_used_again()
    {
        var fields = new Http11Fields();
        fields.Add("X"u8, "y"u8);
        fields.Add("Content-Length"u8, 42);
        fields.ToList().Should().Equal(("X", "y"), ("Content-Length", "42"));
        fields.Invoking(f => f.Add("bad name", "x")).Should().Throw<LocalProtocolException>();
        fields.Invoking(f => f.Add("X"u8, -1)).Should().Throw<ArgumentOutOfRangeException>();
        fields.Count.Should().Be(2);

        fields.Clear();

        fields.Count.Should().Be(0);
        fields.TryGet("x"u8, out _).Should().BeFalse();
        for (var i = 0; i < 300; i++)
            fields.Add($"X{i}", new string('y', i));
        Text(fields.ValueAt(299)).Should().Be(new string('y', 299));
        Text(fields.NameAt(7)).Should().Be("X7");
    }

    [Fact]
    public void Null_arguments_are_refused_by_the_public_methods()
    {
        var connection = Asked();
        var output = new ArrayBufferWriter<byte>();

        connection.Invoking(c => c.SendResponse(null!, 200)).Should().Throw<ArgumentNullException>();
        connection.Invoking(c => c.SendRequest(output, "GET"u8, "/"u8, null!)).Should().Throw<ArgumentNullException>();
        connection.Invoking(c => c.Send(output, null!)).Should().Throw<ArgumentNullException>();
        connection.Invoking(c => c.Send(new Http11Response(200, null!))).Should().Throw<ArgumentNullException>();
        connection.Invoking(c => c.Send(new Http11Response(200, [], null!))).Should().Throw<ArgumentNullException>();
        connection.Invoking(c => c.BeginData(output, -1)).Should().Throw<ArgumentOutOfRangeException>();
        connection.OurState.Should().Be(Http11State.SendResponse);
    }

    [Fact]
    public void The_method_of_the_former_cycle_is_forgotten()
    {
        var connection = Asked("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
        connection.SendText(new Http11Response(204, []), End);
        connection.StartNextCycle();
        connection.Receive("nonsense\r\n"u8);
        connection.Invoking(c => c.NextEvent()).Should().Throw<RemoteProtocolException>();

        connection.SendText(new Http11Response(400, [("Content-Length", "3")]), new Http11Data(Bytes("no\n")), End).Should().EndWith("no\n");
    }

    [Fact]
    public void The_response_that_opens_a_tunnel_has_no_Connection_close() =>
        Asked("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nConnection: close\r\n\r\n").SendText(new Http11Response(200, [])).Should().Be("HTTP/1.1 200 \r\n\r\n");
}
