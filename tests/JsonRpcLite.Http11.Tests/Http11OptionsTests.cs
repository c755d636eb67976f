using static JsonRpcLite.Http11.Tests.Wire;

namespace JsonRpcLite.Http11.Tests;

/// <summary>Limits, exact to the byte however the bytes arrive, and the leniences of clients.</summary>
public class Http11OptionsTests
{
    [Fact]
    public void A_client_may_take_bare_line_feeds_in_heads_and_trailers_but_not_between_chunks()
    {
        var options = new Http11Options { AllowBareLineFeed = true };

        Client("HTTP/1.1 200 OK\nX: a\r\nY: b\n folded\nTransfer-Encoding: chunked\n\n2\r\nhi\r\n0\r\nZ: c\n\n", options).Events().Should().Equal(
            new Http11Response(200, [("X", "a"), ("Y", "b folded"), ("Transfer-Encoding", "chunked")], "OK"),
            new Http11Data(Bytes("hi"), true, true),
            new Http11EndOfMessage([("Z", "c")]));
        Client("HTTP/1.1 204\n\n", options).Events()[0].Should().Be(new Http11Response(204, []));
        Client("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nhi\r\n", options).Invoking(c => c.Events()).Should().Throw<RemoteProtocolException>();
        Client("HTTP/1.1 200 OK\nX: a\rb\n\n", options).Invoking(c => c.Events()).Should().Throw<RemoteProtocolException>();
    }

    [Fact]
    public void A_client_may_take_control_bytes_in_values_but_never_NUL_or_CR()
    {
        var options = new Http11Options { AllowControlBytesInValues = true };

        Client("HTTP/1.1 204 \r\nX: a\u0001\u007fb\r\n \u0002\r\n\r\n", options).Events()[0].Should().Be(new Http11Response(204, [("X", "a\u0001\u007fb \u0002")]));
        Client("HTTP/1.1 204 \r\nX: a\0b\r\n\r\n", options).Invoking(c => c.Events()).Should().Throw<RemoteProtocolException>();
        Client("HTTP/1.1 204 \r\nX: a\rb\r\n\r\n", options).Invoking(c => c.Events()).Should().Throw<RemoteProtocolException>();
        Client("HTTP/1.1 204 \r\nX: a\u0001b\r\n\r\n").Invoking(c => c.Events()).Should().Throw<RemoteProtocolException>();
    }

    [Fact]
    public void A_server_has_no_leniences()
    {
        var make = (Http11Options options) => (Action)(() => _ = new Http11Connection(Http11Role.Server, options));

        make(new() { AllowBareLineFeed = true }).Should().Throw<ArgumentException>();
        make(new() { AllowControlBytesInValues = true }).Should().Throw<ArgumentException>();
        make(new()).Should().NotThrow();
    }

    [Theory]
    [InlineData(nameof(Http11Options.MaxStartLineSize))]
    [InlineData(nameof(Http11Options.MaxHeadSize))]
    [InlineData(nameof(Http11Options.MaxFieldCount))]
    [InlineData(nameof(Http11Options.MaxTrailerSize))]
    [InlineData(nameof(Http11Options.MaxChunkLineSize))]
    [InlineData(nameof(Http11Options.MaxChunkOverheadSize))]
    public void A_limit_out_of_range_is_named(string name)
    {
        foreach (var value in new[] { 0, -1, (1 << 30) + 1 })
        {
            var options = new Http11Options();
            typeof(Http11Options).GetProperty(name)!.SetValue(options, value);

            var make = () => new Http11Connection(Http11Role.Client, options);

            make.Should().Throw<ArgumentOutOfRangeException>().WithParameterName(name);
        }
    }

    [Fact]
    public void Options_are_copied()
    {
        var options = new Http11Options();
        var connection = new Http11Connection(Http11Role.Server, options);
        options.MaxHeadSize = 1;

        connection.Receive(Bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));

        connection.NextEvent().Should().Be(Http11EventKind.Request);
    }

    [Theory]
    [InlineData(32)]
    [InlineData(33)]
    public void Each_limit_is_exact_whole_and_byte_by_byte(int limit)
    {
        // Each message has one part of 33 bytes, to which its limit applies.
        foreach (var (message, options, status) in new (string, Http11Options, int)[]
        {
            ("GET /" + new string('a', 17) + " HTTP/1.1\r\nHost: a\r\n\r\n", new() { MaxStartLineSize = limit }, 414),
            ("GET / HTTP/1.1\r\nHost: aaaaaaaa\r\n\r\n"[..^2] + "\r\n", new() { MaxHeadSize = limit + 1 }, 431),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + new string('a', 26) + "\r\n\r\n", new() { MaxTrailerSize = limit }, 431),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;" + new string('a', 29) + "\r\n\r\n", new() { MaxChunkLineSize = limit }, 400),
        })
        {
            foreach (var size in new[] { 1, message.Length })
            {
                var connection = new Http11Connection(Http11Role.Server, options);
                var read = () =>
                {
                    foreach (var piece in Bytes(message).Chunk(size))
                    {
                        connection.Receive(piece);
                        connection.Events();
                    }
                };

                if (limit == 33)
                    read.Should().NotThrow(message);
                else
                    read.Should().Throw<RemoteProtocolException>(message).Which.StatusHint.Should().Be(status, message);
            }
        }
    }

    [Fact]
    public void The_first_violation_is_the_one_that_is_reported()
    {
        // The field exceeds the limit before the invalid line after it.
        const string Message = "GET / HTTP/1.1\r\nHost: aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nwrong\r\n\r\n";
        var options = new Http11Options { MaxHeadSize = 40 };

        Server(Message, options).Invoking(c => c.NextEvent()).Should().Throw<RemoteProtocolException>().Which.StatusHint.Should().Be(431);
        Server(Message[..41], options).Invoking(c => c.NextEvent()).Should().Throw<RemoteProtocolException>().Which.StatusHint.Should().Be(431);
        Server(Message).Invoking(c => c.NextEvent()).Should().Throw<RemoteProtocolException>().Which.StatusHint.Should().Be(400);
    }

    [Fact]
    public void One_field_too_many_is_431()
    {
        var fields = string.Concat(Enumerable.Repeat("X: y\r\n", 99));

        Server($"GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n").NextEvent().Should().Be(Http11EventKind.Request);
        Server($"GET / HTTP/1.1\r\nHost: a\r\n{fields}X: y\r\n\r\n").Invoking(c => c.NextEvent()).Should().Throw<RemoteProtocolException>().Which.StatusHint.Should().Be(431);
    }

    [Fact]
    public void Ordinary_chunks_never_count_as_overhead_and_padded_ones_do()
    {
        const string Head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        var honest = string.Concat(Enumerable.Repeat("1\r\nx\r\n", 100_000));
        var padded = string.Concat(Enumerable.Repeat($"1;{new string('a', 100)}\r\nx\r\n", 200));

        Server(Head + honest).Invoking(ReadAll).Should().NotThrow();
        Server(Head + padded).Invoking(ReadAll).Should().Throw<RemoteProtocolException>().WithMessage("*bytes of excessive framing*");
    }

    [Fact]
    public void Overhead_is_counted_body_by_body()
    {
        var padded = string.Concat(Enumerable.Repeat($"1;{new string('a', 100)}\r\nx\r\n", 100));
        var connection = Server("");
        for (var cycle = 0; cycle < 5; cycle++)
        {
            connection.Receive(Bytes($"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{padded}0\r\n\r\n"));
            connection.Events().Should().HaveCount(102);
            connection.Send(new Http11Response(204, []));
            connection.Send(new Http11EndOfMessage());
            connection.StartNextCycle();
        }
    }

    private static void ReadAll(Http11Connection connection)
    {
        for (var reads = 0; connection.NextEvent() != Http11EventKind.NeedData; reads++)
            reads.Should().BeLessThan(300_000);
    }
}
