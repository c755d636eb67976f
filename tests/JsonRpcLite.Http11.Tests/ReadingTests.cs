using System.Buffers;
using static JsonRpcLite.Http11.Tests.Wire;

namespace JsonRpcLite.Http11.Tests;

/// <summary>Reading beyond what the cases cover: properties, folds, protocol violations, the forms of reading.</summary>
public class ReadingTests
{
    [Fact]
    public void The_properties_have_a_request_as_bytes()
    {
        var connection = Server("POST /a?b=c HTTP/1.1\r\nHost: example.org\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 2\r\n\r\nhi");

        connection.NextEvent().Should().Be(Http11EventKind.Request);

        Text(connection.Method).Should().Be("POST");
        Text(connection.Target).Should().Be("/a?b=c");
        connection.TheirVersion.Should().Be(new Version(1, 1));
        connection.ContentLength.Should().Be(2);
        connection.IsChunked.Should().BeFalse();
        connection.Fields.Count.Should().Be(4);
        connection.Fields.TryGet("HOST"u8, out var host).Should().BeTrue();
        Text(host).Should().Be("example.org");
        connection.Fields.IndexOf("X-a"u8).Should().Be(1);
        connection.Fields.IndexOf("X-a"u8, 2).Should().Be(2);
        connection.Fields.IndexOf("X-a"u8, 3).Should().Be(-1);
        Text(connection.Fields.NameAt(2)).Should().Be("x-a");
        connection.Fields.TryGet("absent"u8, out _).Should().BeFalse();
        connection.Fields.Invoking(f => f.Add("X", "y")).Should().Throw<InvalidOperationException>();
        connection.Fields.Invoking(f => f.Clear()).Should().Throw<InvalidOperationException>();
        connection.Fields.Invoking(f => f.NameAt(4)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void The_properties_of_a_head_are_valid_as_long_as_its_memory()
    {
        var connection = new Http11Connection(Http11Role.Server);
        var input = Bytes("POST /a HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX: y\r\n\r\nGET /c HTTP/1.1\r\nHost: d").AsMemory();
        void Read(Http11EventKind kind)
        {
            connection.Read(input, false, out var consumed).Should().Be(kind);
            input = input[consumed..];
        }

        foreach (var kind in new[] { Http11EventKind.Request, Http11EventKind.Data, Http11EventKind.EndOfMessage, Http11EventKind.Paused })
        {
            Read(kind);
            (Text(connection.Method), Text(connection.Target), connection.IsChunked, connection.ContentLength).Should().Be(("POST", "/a", true, null));
            connection.Fields.TryGet("host"u8, out var host).Should().BeTrue();
            Text(host).Should().Be("b");
            connection.Trailers.Count.Should().Be(kind is Http11EventKind.EndOfMessage or Http11EventKind.Paused ? 1 : 0);
            connection.Data.Length.Should().Be(kind == Http11EventKind.Data ? 2 : 0);
            (connection.StatusCode, connection.Reason.Length).Should().Be((0, 0));
        }
        connection.Trailers.ToList().Should().Equal(("X", "y"));

        connection.Send(new Http11Response(204, []));
        connection.Send(new Http11EndOfMessage());
        connection.StartNextCycle();
        Read(Http11EventKind.NeedData);

        (connection.Method.Length, connection.Target.Length, connection.Fields.Count, connection.Trailers.Count).Should().Be((0, 0, 0, 0), "a next head has begun");
        connection.Fields.TryGet("host"u8, out _).Should().BeFalse();
        connection.Fields.ToList().Should().BeEmpty();
        connection.Fields.Invoking(f => f.ValueAt(0)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void Fields_of_a_head_that_is_still_being_read_cannot_be_sent()
    {
        var reading = Client("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: ");
        reading.NextEvent();

        Asked().Invoking(c => c.SendResponse(new ExactWriter(), 200, default, reading.Fields)).Should().Throw<LocalProtocolException>();
    }

    [Theory]
    [InlineData("a\r\n b", "a b")]
    [InlineData("a \t\r\n\t  b \r\n c  ", "a b c")]
    [InlineData("\r\n b", "b")]
    [InlineData("a\r\n \r\n b", "a b")]
    [InlineData("\r\n \r\n\t", "")]
    public void A_client_unfolds_lines(string folded, string value)
    {
        var connection = Client($"HTTP/1.1 200 OK\r\nX: {folded}\r\nY: z\r\nContent-Length: 0\r\n\r\n");

        connection.Events()[0].Should().Be(new Http11Response(200, [("X", value), ("Y", "z"), ("Content-Length", "0")], "OK"));
    }

    [Fact]
    public void A_folded_length_is_read_as_the_field_it_is()
    {
        var connection = Client("HTTP/1.1 200 OK\r\nContent-Length:\r\n 2\r\nX: a\r\n b\r\n\r\nhi");

        connection.Events().Should().Equal(
            new Http11Response(200, [("Content-Length", "2"), ("X", "a b")], "OK"), new Http11Data(Bytes("hi")), new Http11EndOfMessage());
    }

    [Fact]
    public void Many_folds_cost_no_more_than_their_bytes()
    {
        var options = new Http11Options { MaxHeadSize = 1 << 22 };
        var connection = Client("HTTP/1.1 200 OK\r\nX: a" + string.Concat(Enumerable.Repeat("\r\n b", 500_000)) + "\r\nContent-Length: 0\r\n\r\n", options);

        connection.NextEvent().Should().Be(Http11EventKind.Response);

        connection.Fields.ValueAt(0).Length.Should().Be(1_000_001);
    }

    [Fact]
    public void A_response_line_may_lack_the_space_before_an_absent_reason() =>
        Client("HTTP/1.1 204\r\n\r\n").Events()[0].Should().Be(new Http11Response(204, []));

    [Fact]
    public void A_bodiless_response_is_not_held_to_its_framing_fields()
    {
        Client("HTTP/1.1 200 OK\r\nContent-Length: x\r\nTransfer-Encoding: gzip\r\n\r\n", method: "HEAD").Events().Should().HaveCount(2);
        var connection = Client("HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n");
        connection.NextEvent();
        connection.ContentLength.Should().Be(5);
        connection.NextEvent().Should().Be(Http11EventKind.EndOfMessage);
    }

    [Fact]
    public void Equal_lengths_are_merged_for_a_client_in_lists_and_repeats()
    {
        Client("HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2, 2\r\nX: y\r\ncontent-length: 2\r\nZ: z\r\n\r\nhi").Events()[0]
            .Should().Be(new Http11Response(200, [("A", "b"), ("Content-Length", "2"), ("X", "y"), ("Z", "z")], "OK"));
        Client("HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\n").Invoking(c => c.Events()).Should().Throw<RemoteProtocolException>();
        Client("HTTP/1.1 200 OK\r\nContent-Length: 2,\r\n\r\n").Invoking(c => c.Events()).Should().Throw<RemoteProtocolException>();
    }

    [Fact]
    public void Data_reports_where_chunks_begin_and_end()
    {
        var connection = Server("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        var events = connection.Events();
        foreach (var piece in new[] { "6\r\n", "ab", "cd", "ef", "\r\n1\r\ng\r\n0\r\n\r\n" })
        {
            connection.Receive(Bytes(piece));
            events.AddRange(connection.Events());
        }

        events.Skip(1).Should().Equal(
            new Http11Data(Bytes("ab"), true, false), new Http11Data(Bytes("cd"), false, false), new Http11Data(Bytes("ef"), false, true),
            new Http11Data(Bytes("g"), true, true), new Http11EndOfMessage());
    }

    [Fact]
    public void Two_empty_lines_are_skipped_before_each_request()
    {
        var connection = Server(string.Concat(Enumerable.Repeat("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 3)));
        for (var cycle = 0; cycle < 3; cycle++)
        {
            connection.Events().Should().HaveCount(2);
            connection.Send(new Http11Response(204, []));
            connection.Send(new Http11EndOfMessage());
            connection.StartNextCycle();
        }
        connection.NextEvent().Should().Be(Http11EventKind.NeedData);
    }

    [Fact]
    public void Fields_after_a_merged_length_still_count()
    {
        var connection = Client("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        connection.Events().Should().HaveCount(2);

        connection.TheirState.Should().Be(Http11State.MustClose);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n")]
    [InlineData("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching\r\n\r\n")]
    [InlineData("\r\nHTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 1000 OK\r\n\r\n")]
    public void A_client_refuses_an_invalid_response(string response) => Client(response).Invoking(c => c.Events()).Should().Throw<RemoteProtocolException>();

    [Theory]
    [InlineData("\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nX: b\u0001\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.0\r\nHost: a b\r\n\r\n", 400)]
    [InlineData("GET /\u007f HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET /\u00e9 HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: br\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: br\r\nTransfer-Encoding: Chunked\r\n\r\n", 501)]
    [InlineData("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\rX0\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\rXabc\r\n0\r\n\r\n", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\rX\n", 400)]
    public void A_server_refuses_an_invalid_request_with_a_status(string request, int status) =>
        Server(request).Invoking(c => c.Events()).Should().Throw<RemoteProtocolException>().Which.StatusHint.Should().Be(status);

    [Theory]
    [InlineData("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 1\r\n\r\n")]
    [InlineData("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET http://a/#b HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET http://a#b HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET http://a:65536/ HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET http://a:0/ HTTP/1.1\r\nHost: a\r\n\r\n")]
    public void A_server_refuses_a_request_that_two_recipients_would_read_differently(string request) =>
        Server(request).Invoking(c => c.Events()).Should().Throw<RemoteProtocolException>().Which.StatusHint.Should().Be(400);

    [Theory]
    [InlineData("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET http://a:65535 HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET http://a:/?b HTTP/1.1\r\nHost: c\r\n\r\n")]
    public void A_server_accepts_similar_but_unambiguous_requests(string request) => Server(request).NextEvent().Should().Be(Http11EventKind.Request);

    [Theory]
    [InlineData("Content-Length: 1\r\n", true)]
    [InlineData("Transfer-Encoding: chunked\r\n", true)]
    [InlineData("Content-Length: 0\r\n", false)]
    [InlineData("", false)]
    public void Expect_counts_only_where_content_follows(string framing, bool waits)
    {
        var connection = Server($"POST / HTTP/1.1\r\nHost: a\r\n{framing}Expect: 100-continue\r\n\r\n");

        connection.NextEvent().Should().Be(Http11EventKind.Request);

        connection.ClientIsWaitingForContinue.Should().Be(waits);
        connection.Reset();
        connection.ClientIsWaitingForContinue.Should().BeFalse();
    }

    [Theory]
    [InlineData("HEAD", 200)]
    [InlineData("GET", 304)]
    [InlineData("GET", 204)]
    public void Lengths_that_frame_nothing_are_merged_if_equal_and_left_out_if_not(string method, int status)
    {
        var equal = Client($"HTTP/1.1 {status} x\r\nContent-Length: 5\r\nX: y\r\nContent-Length: 5\r\n\r\n", method: method);
        equal.NextEvent();
        equal.ContentLength.Should().Be(5);
        equal.Fields.ToList().Should().Equal(("Content-Length", "5"), ("X", "y"));

        foreach (var lengths in new[] { "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5, 6\r\n" })
        {
            var unequal = Client($"HTTP/1.1 {status} x\r\n{lengths}Connection: close\r\n\r\n", method: method);
            unequal.Events().Should().Equal(new Http11Response(status, [("Connection", "close")], "x"), new Http11EndOfMessage());
            unequal.ContentLength.Should().BeNull();
            unequal.TheirState.Should().Be(Http11State.MustClose, "the fields behind them still count");
        }
    }

    [Fact]
    public void Bytes_after_a_complete_response_rule_out_another_cycle()
    {
        var connection = Client("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\nX: forged\r\n\r\n");
        connection.Events().Should().HaveCount(3);

        connection.Kind.Should().Be(Http11EventKind.Paused);
        (connection.CanStartNextCycle, connection.OurState, connection.TheirState).Should().Be((false, Http11State.MustClose, Http11State.MustClose));
        connection.Invoking(c => c.StartNextCycle()).Should().Throw<LocalProtocolException>();
        connection.Receive("more"u8);
        connection.NextEvent().Should().Be(Http11EventKind.Paused);

        connection.Reset();
        connection.Send(new Http11Request("GET", "/", [("Host", "a")]));
        connection.Send(new Http11EndOfMessage());
        connection.Receive("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\nx"u8);
        connection.Invoking(c => c.Events()).Should().Throw<RemoteProtocolException>("the former surplus is forgotten");
    }

    [Fact]
    public void A_response_of_an_older_server_ends_the_connection()
    {
        var connection = Client("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi");

        connection.Events().Should().HaveCount(3);

        (connection.OurState, connection.TheirState, connection.CanStartNextCycle).Should().Be((Http11State.MustClose, Http11State.MustClose, false));
    }

    [Fact]
    public void Every_read_after_a_protocol_violation_throws_the_same_exception()
    {
        var connection = Server("GET / HTTP/1.1\r\nHost: a\r\n\r\n GET");
        connection.Events();
        connection.Send(new Http11Response(200, [("Content-Length", "0")]));
        connection.Send(new Http11EndOfMessage());
        connection.StartNextCycle();
        var first = connection.Invoking(c => c.NextEvent()).Should().Throw<RemoteProtocolException>().Which;

        connection.Receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8);

        connection.Invoking(c => c.NextEvent()).Should().Throw<RemoteProtocolException>().WithMessage($"*{first.Message}*").Which.StatusHint.Should().Be(400);
        var input = Segments.Of([Bytes("GET")]);
        connection.Invoking(c => c.Read(ref input, false)).Should().Throw<RemoteProtocolException>();
        connection.TheirState.Should().Be(Http11State.Error);
        connection.Kind.Should().Be(Http11EventKind.NeedData);
        connection.SendText(new Http11Response(400, [])).Should().Be("HTTP/1.1 400 \r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
    }

    [Fact]
    public void After_a_protocol_violation_no_earlier_event_can_be_read()
    {
        var connection = Server("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhiXX");
        connection.NextEvent();
        connection.NextEvent().Should().Be(Http11EventKind.Data);

        connection.Invoking(c => c.NextEvent()).Should().Throw<RemoteProtocolException>();

        (connection.Kind, connection.Data.Length).Should().Be((Http11EventKind.NeedData, 0));
    }

    [Fact]
    public void Bytes_after_a_closing_request_are_refused()
    {
        var connection = Server("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n");

        connection.NextEvent();
        connection.NextEvent();

        connection.Invoking(c => c.NextEvent()).Should().Throw<RemoteProtocolException>();
    }

    [Fact]
    public void A_server_that_disconnects_without_an_answer_violates_the_protocol()
    {
        var connection = Client("");
        connection.ReceiveEndOfFile();

        connection.Invoking(c => c.NextEvent()).Should().Throw<RemoteProtocolException>();
    }

    [Fact]
    public void Memory_that_a_socket_fills_is_read_like_any_other()
    {
        var connection = new Http11Connection(Http11Role.Server);
        foreach (var piece in Bytes("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n" + new string('x', 2000)).Chunk(300))
        {
            piece.CopyTo(connection.GetReceiveMemory(300));
            connection.Received(piece.Length);
        }

        connection.NextEvent().Should().Be(Http11EventKind.Request);
        connection.NextEvent().Should().Be(Http11EventKind.Data);
        connection.Data.Length.Should().Be(2000);
        connection.NextEvent().Should().Be(Http11EventKind.EndOfMessage);
        connection.GetReceiveMemory();
        connection.Invoking(c => c.Received(int.MaxValue)).Should().Throw<ArgumentOutOfRangeException>();
        connection.Received(0);
        connection.IsEndOfFileReceived.Should().BeTrue();
        connection.NextEvent().Should().Be(Http11EventKind.ConnectionClosed);
        connection.Invoking(c => c.Receive("x"u8)).Should().Throw<InvalidOperationException>();
        connection.Invoking(c => c.GetReceiveMemory()).Should().Throw<InvalidOperationException>();
        connection.Invoking(c => c.ReceiveEndOfFile()).Should().NotThrow();
    }

    [Fact]
    public void The_callers_memory_is_read_in_place()
    {
        var connection = new Http11Connection(Http11Role.Server);
        var input = Bytes("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhiGET");

        connection.Read(input, false, out var head).Should().Be(Http11EventKind.Request);
        connection.Read(input.AsMemory(head), false, out var body).Should().Be(Http11EventKind.Data);

        body.Should().Be(2);
        input[head] = (byte)'H';
        Text(connection.Data.Span).Should().Be("Hi", "it is a slice of the input");
        connection.Read(input.AsMemory(head + body), false, out var end).Should().Be(Http11EventKind.EndOfMessage);
        connection.Read(input.AsMemory(head + body + end), false, out var none).Should().Be(Http11EventKind.Paused);
        none.Should().Be(0);
    }

    [Fact]
    public void Input_that_lost_bytes_is_the_callers_mistake()
    {
        var connection = new Http11Connection(Http11Role.Server);
        connection.Read(Bytes("GET / HTTP/1.1\r\nHo"), false, out _);

        connection.Invoking(c => c.Read(Bytes("st"), false, out _)).Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void A_long_head_that_comes_byte_by_byte_is_searched_once()
    {
        // If the search started over with each byte, eight million bytes would take hours.
        var options = new Http11Options { MaxHeadSize = 1 << 24, MaxStartLineSize = 1 << 24, MaxChunkLineSize = 1 << 24 };
        var deadline = Environment.TickCount64 + 120_000;
        foreach (var beginning in new[] { "GET /", "GET / HTTP/1.1\r\nHost: a\r\nX: ", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=" })
        {
            var connection = new Http11Connection(Http11Role.Server, options);
            var bytes = Bytes(beginning + new string('a', 1 << 21));
            var start = 0;
            for (var end = 1; end <= bytes.Length; end++)
            {
                connection.Read(bytes.AsMemory(start, end - start), false, out var consumed);
                start += consumed;
                if (end % 65536 == 0)
                    Environment.TickCount64.Should().BeLessThan(deadline, "scanning is linear");
            }
            connection.Kind.Should().Be(Http11EventKind.NeedData);
        }
    }

    [Fact]
    public void A_connection_that_was_reset_keeps_nothing_of_the_former_one()
    {
        var connection = Server("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.0\r\nX: a");
        connection.Events();
        connection.Send(new Http11Response(200, [("Content-Length", "0")]));
        connection.BeginData(new ArrayBufferWriter<byte>(), 0);
        connection.ReceiveEndOfFile();
        connection.NextEvent().Should().Be(Http11EventKind.Paused);
        connection.SendFailed();

        connection.Reset();

        (connection.Method.Length, connection.Target.Length, connection.Fields.Count).Should().Be((0, 0, 0));
        (connection.OurState, connection.TheirState, connection.TheirVersion, connection.IsEndOfFileReceived).Should().Be((Http11State.Idle, Http11State.Idle, null, false));
        connection.NextEvent().Should().Be(Http11EventKind.NeedData);
        connection.Receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8);
        connection.NextEvent().Should().Be(Http11EventKind.Request);
        connection.NextEvent().Should().Be(Http11EventKind.EndOfMessage);
        connection.SendText(new Http11Response(204, [])).Should().Be("HTTP/1.1 204 \r\n\r\n");
    }
}
