using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static JsonRpcLite.Http11.Tests.Wire;

namespace JsonRpcLite.Http11.Tests;

/// <summary>The engine's own buffer: what is lent, what is moved, what is kept, and which parts of a head outlive it.</summary>
public class ReceiveBufferTests
{
    private const string Post = "POST /public HTTP/1.1\r\nHost: a\r\nX-User: nobody\r\nContent-Length: 5000\r\n\r\n";

    [Fact]
    public void Receive_memory_stays_valid_while_an_event_is_read()
    {
        var connection = Server("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n");
        var room = connection.GetReceiveMemory();
        Bytes("123456789012345678901234567890").CopyTo(room);

        connection.NextEvent().Should().Be(Http11EventKind.Request);
        connection.Received(30);

        connection.NextEvent().Should().Be(Http11EventKind.Data);
        Text(connection.Data.Span).Should().Be("123456789012345678901234567890");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_body_never_overwrites_the_head(bool isPartlyUnread)
    {
        var body = string.Concat(Enumerable.Repeat("/admin X-User: root\r\n", 400))[..5000];
        var connection = Server(Post + (isPartlyUnread ? body[..4000] : ""));
        connection.NextEvent().Should().Be(Http11EventKind.Request);
        Text(connection.Target).Should().Be("/public");
        if (isPartlyUnread)
            connection.NextEvent().Should().Be(Http11EventKind.Data);

        connection.Receive(Bytes(isPartlyUnread ? body[4000..] : body));
        connection.NextEvent().Should().Be(Http11EventKind.Data);

        (connection.Method.Length, connection.Target.Length, connection.Fields.Count).Should().Be((0, 0, 0));
        connection.Fields.TryGet("X-User"u8, out _).Should().BeFalse();
        connection.ContentLength.Should().Be(5000, "numbers stay");
        connection.NextEvent().Should().Be(Http11EventKind.EndOfMessage);
    }

    [Fact]
    public void A_client_forgets_reason_and_trailers_and_keeps_the_status()
    {
        var connection = Client("HTTP/1.1 404 Gone fishing\r\nTransfer-Encoding: chunked\r\n\r\n");
        connection.NextEvent();
        connection.Receive("2\r\nhi\r\n0\r\nX: y\r\n\r\n"u8);
        connection.NextEvent();

        (connection.StatusCode, connection.Reason.Length, connection.Fields.Count).Should().Be((404, 0, 0));
        connection.NextEvent().Should().Be(Http11EventKind.EndOfMessage);
        connection.Trailers.ToList().Should().Equal(("X", "y"));

        connection.GetReceiveMemory().Span.Fill((byte)'z');

        connection.Trailers.Count.Should().Be(0);
    }

    [Fact]
    public void Trailers_that_come_while_the_buffer_is_packed_are_read()
    {
        var connection = Client("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb00\r\n" + new string('x', 0xb00) + "\r\n0\r\nX: y\r\nZ");
        connection.Events().Should().HaveCount(2);

        connection.Receive(Bytes(": " + new string('z', 2000) + "\r\n\r\n"));

        (connection.Fields.Count, connection.StatusCode).Should().Be((0, 200), "the trailers were moved to the memory of the head");
        connection.NextEvent().Should().Be(Http11EventKind.EndOfMessage);
        connection.Trailers.ToList().Should().Equal(("X", "y"), ("Z", new string('z', 2000)));
    }

    [Fact]
    public void Fields_whose_bytes_were_overwritten_cannot_be_sent_on()
    {
        var proxied = new Http11Connection(Http11Role.Client);
        proxied.Send(new Http11Request("GET", "/", [("Host", "a")]));
        proxied.Send(new Http11EndOfMessage());
        var input = Bytes("HTTP/1.1 200 OK\r\nX-Harmless-Val: 5\r\n\r\n");
        proxied.Read(input, false, out _);

        "Content-Length"u8.CopyTo(input.AsSpan(17));

        Asked().Invoking(c => c.SendResponse(new ExactWriter(), 200, default, proxied.Fields)).Should().Throw<LocalProtocolException>();
    }

    [Fact]
    public void Reset_releases_a_buffer_that_grew_too_large()
    {
        var connection = new Http11Connection(Http11Role.Server);
        connection.Receive(new byte[1_000_000]);
        connection.Reset();
        connection.GetReceiveMemory().Length.Should().BeLessThan(10_000);
        connection.Reset();
        var kept = ArrayOf(connection.GetReceiveMemory(60_000));

        connection.Reset();

        ArrayOf(connection.GetReceiveMemory(1)).Should().BeSameAs(kept, "it is within twice the largest head");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(5000)]
    public void A_byte_is_moved_a_bounded_number_of_times(int size)
    {
        // Almost all bytes of the first buffer stay unread, so that moving them makes little room.
        var buffer = new ReceiveBuffer(new MessageReader(new Http11Options(), Http11Role.Client, new Exchange()), long.MaxValue);
        buffer.Append(new byte[4090]);
        var piece = new byte[size];
        long moved = 0;
        var rounds = 4_000_000 / (size + 100);
        for (var i = 0; i < rounds; i++)
        {
            var before = buffer.Unread;
            buffer.GetRoom(size);
            if (!Unsafe.AreSame(ref MemoryMarshal.GetReference(before.Span), ref MemoryMarshal.GetReference(buffer.Unread.Span)))
                moved += before.Length;
            buffer.Append(piece);
            buffer.Consume(size);
        }
        moved.Should().BeLessThanOrEqualTo(2L * rounds * size + 100_000);
    }

    private static byte[] ArrayOf(ReadOnlyMemory<byte> memory) => MemoryMarshal.TryGetArray(memory, out var segment) ? segment.Array! : [];
}
