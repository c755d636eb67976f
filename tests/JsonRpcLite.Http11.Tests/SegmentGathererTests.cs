using static JsonRpcLite.Http11.Tests.Wire;

namespace JsonRpcLite.Http11.Tests;

/// <summary>Input in the caller's own segments: what is copied, what is forgotten, when it ends.</summary>
public class SegmentGathererTests
{
    [Fact]
    public void A_gathered_line_does_not_overwrite_a_gathered_head()
    {
        var connection = new Http11Connection(Http11Role.Server);
        var input = Segments.Of([.. Bytes("POST /public HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=\"GET /admin\"\r\nhello\r\n0\r\nT: u\r\n\r\n").Chunk(7)]);
        connection.Read(ref input, false).Should().Be(Http11EventKind.Request);
        Text(connection.Target).Should().Be("/public");

        connection.Read(ref input, false).Should().Be(Http11EventKind.Data);

        (connection.Method.Length, connection.Target.Length, connection.Fields.Count).Should().Be((0, 0, 0));
        while (connection.Read(ref input, false) == Http11EventKind.Data)
            continue;
        connection.Kind.Should().Be(Http11EventKind.EndOfMessage);
        connection.Trailers.ToList().Should().Equal(("T", "u"));
    }

    [Fact]
    public void A_head_within_a_segment_stays_while_lines_are_gathered()
    {
        var connection = new Http11Connection(Http11Role.Server);
        var input = Segments.Of([Bytes("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5"), Bytes(";x\r\nhello\r"), Bytes("\n0\r\n\r\n")]);

        for (var i = 0; i < 10 && connection.Kind != Http11EventKind.EndOfMessage; i++)
            connection.Read(ref input, false);

        connection.Kind.Should().Be(Http11EventKind.EndOfMessage);
        Text(connection.Target).Should().Be("/a", "it is in the caller's memory");
    }

    [Fact]
    public void The_end_of_the_input_comes_after_its_last_segment()
    {
        var connection = new Http11Connection(Http11Role.Server);
        var bytes = Bytes(
            "POST / HTTP/1.1\r\nHost: a\r\nX: " + new string('x', 500) + "\r\nTransfer-Encoding: chunked\r\n\r\n5;" + new string('a', 300) + "\r\nhello\r\n0\r\n\r\n");
        foreach (var size in new[] { 1, 3, 50, 90, 400 })
        {
            connection.Reset();
            var input = Segments.Of([.. bytes.Chunk(size)]);
            var data = "";
            for (var i = 0; i < 100 && connection.Kind != Http11EventKind.EndOfMessage; i++)
                if (connection.Read(ref input, true) == Http11EventKind.Data)
                    data += Text(connection.Data.Span);

            data.Should().Be("hello", "segments of {0} end with the input, not before", size);
            connection.Kind.Should().Be(Http11EventKind.EndOfMessage);
        }
    }

    [Fact]
    public void Reset_forgets_a_partly_gathered_head()
    {
        var connection = new Http11Connection(Http11Role.Server);
        var half = Segments.Of([Bytes("POST /former HT"), Bytes("TP/1.1\r\nHost: former\r\nX")]);
        connection.Read(ref half, false).Should().Be(Http11EventKind.NeedData);

        connection.Reset();

        var whole = Segments.Of([Bytes("GET / HTTP"), Bytes("/1.1\r\nHost: a\r\n\r\n")]);
        connection.Read(ref whole, false).Should().Be(Http11EventKind.Request);
        connection.ToEvent().Should().Be(new Http11Request("GET", "/", [("Host", "a")]));
        whole.IsEmpty.Should().BeTrue();
    }

    [Fact]
    public void A_long_head_in_growing_segments_is_gathered_once()
    {
        // If each segment started a new walk, half a million of them would take minutes.
        var options = new Http11Options { MaxHeadSize = 1 << 24, MaxStartLineSize = 1 << 24, MaxChunkLineSize = 1 << 24 };
        var deadline = Environment.TickCount64 + 60_000;
        foreach (var beginning in new[] { "GET /", "GET / HTTP/1.1\r\nHost: a\r\nX: " })
        {
            var connection = new Http11Connection(Http11Role.Server, options);
            var came = 0;
            foreach (var input in Segments.Growing(Bytes(beginning + new string('a', 1 << 19))))
            {
                var rest = input;
                connection.Read(ref rest, false).Should().Be(Http11EventKind.NeedData);
                if (++came % 4096 == 0)
                    Environment.TickCount64.Should().BeLessThan(deadline, "gathering is linear");
            }
        }
    }

    [Fact]
    public void Small_chunks_in_many_segments_are_read_in_time_that_grows_with_them()
    {
        var deadline = Environment.TickCount64 + 60_000;
        var connection = new Http11Connection(Http11Role.Server);
        var input = Segments.Of(
            [.. Bytes("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + string.Concat(Enumerable.Repeat("1\r\nx\r\n", 100_000)) + "0\r\n\r\n").Chunk(1)]);
        var data = 0;

        while (connection.Read(ref input, false) != Http11EventKind.EndOfMessage)
        {
            data += connection.Data.Length;
            Environment.TickCount64.Should().BeLessThan(deadline);
        }

        data.Should().Be(100_000);
    }

    [Fact]
    public void Data_after_a_short_line_is_a_slice_of_the_input_except_its_beginning()
    {
        var connection = new Http11Connection(Http11Role.Server);
        var input = Segments.Of([Bytes("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1"), Bytes("000\r\n" + new string('x', 4096))]);
        connection.Read(ref input, false).Should().Be(Http11EventKind.Request);

        connection.Read(ref input, false).Should().Be(Http11EventKind.Data);

        connection.Data.Length.Should().BeLessThanOrEqualTo(64, "no more than that is copied ahead");
    }
}
