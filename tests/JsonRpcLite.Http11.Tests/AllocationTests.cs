using System.Buffers;
using static JsonRpcLite.Http11.Tests.Wire;

namespace JsonRpcLite.Http11.Tests;

public class AllocationTests
{
    private readonly ArrayBufferWriter<byte> _output = new(65536);
    private readonly Http11Fields _fields = new();

    [Fact]
    public void A_server_cycle_allocates_nothing()
    {
        var connection = new Http11Connection(Http11Role.Server);
        var input = Bytes("POST /rpc HTTP/1.1\r\nHost: localhost:12345\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\nhi").AsMemory();

        ShouldNotAllocate(() =>
        {
            var rest = input;
            for (var i = 0; i < 3; i++)
            {
                connection.Read(rest, false, out var consumed);
                rest = rest[consumed..];
            }
            Answer(connection);
            connection.StartNextCycle();
        });
    }

    [Fact]
    public void A_connection_used_again_allocates_nothing_in_segments_and_chunks()
    {
        var connection = new Http11Connection(Http11Role.Server);
        var message = Bytes("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n");
        var sequence = Segments.Of([.. message.Chunk(7)]);

        ShouldNotAllocate(() =>
        {
            var rest = sequence;
            connection.Reset();
            for (var i = 0; i < 10 && connection.Read(ref rest, false) != Http11EventKind.EndOfMessage; i++)
                continue;
            Answer(connection);
        });
    }

    [Fact]
    public void A_client_cycle_allocates_nothing_in_its_own_buffer()
    {
        var connection = new Http11Connection(Http11Role.Client);
        var fields = new Http11Fields();
        fields.Add("Host"u8, "a"u8);
        var answer = Bytes("HTTP/1.1 200 OK\r\nX: a\r\n folded\r\nContent-Length: 2\r\n\r\nhi");

        ShouldNotAllocate(() =>
        {
            _output.ResetWrittenCount();
            connection.SendRequest(_output, "GET"u8, "/"u8, fields);
            connection.SendEndOfMessage(_output);
            connection.Receive(answer);
            for (var i = 0; i < 10 && connection.NextEvent() != Http11EventKind.EndOfMessage; i++)
                continue;
            connection.StartNextCycle();
        });
    }

    private void Answer(Http11Connection connection)
    {
        _output.ResetWrittenCount();
        _fields.Clear();
        _fields.Add("Content-Type"u8, "application/json"u8);
        connection.SendResponse(_output, 200, "OK"u8, _fields);
        connection.SendData(_output, "chunk"u8);
        connection.SendEndOfMessage(_output);
    }

    private static void ShouldNotAllocate(Action cycle)
    {
        for (var i = 0; i < 10; i++)
            cycle();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            cycle();
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }
}
