using System.Text;
using BenchmarkDotNet.Attributes;
using JsonRpcLite.Http11;

namespace JsonRpcLite.Benchmarks;

/// <summary>A body of 64 chunks of 4 KiB, decoded and copied out, against copying the same bytes.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class Http11ChunkedBenchmarks
{
    private const int Chunks = 64;
    private const int ChunkSize = 4096;

    private readonly Http11Connection _connection = new(Http11Role.Server);
    private readonly byte[] _plain = new byte[Chunks * ChunkSize];
    private readonly byte[] _destination = new byte[Chunks * ChunkSize];
    private byte[] _message = [];

    /// <summary>Makes the message.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var message = new List<byte>(Encoding.ASCII.GetBytes("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
        for (var i = 0; i < Chunks; i++)
            message.AddRange([.. "1000\r\n"u8, .. _plain.AsSpan(i * ChunkSize, ChunkSize), .. "\r\n"u8]);
        message.AddRange("0\r\n\r\n"u8);
        _message = [.. message];
    }

    /// <summary>The measure, in pieces of a chunk's size.</summary>
    [Benchmark(Baseline = true)]
    public void PlainCopy()
    {
        for (var at = 0; at < _plain.Length; at += ChunkSize)
            _plain.AsSpan(at, ChunkSize).CopyTo(_destination.AsSpan(at));
    }

    /// <summary>The head, all chunks copied out, and the end.</summary>
    [Benchmark]
    public int EngineDecodesAndCopies() => Decode(true);

    /// <summary>The same without copying the data.</summary>
    [Benchmark]
    public int EngineDecodes() => Decode(false);

    private int Decode(bool copies)
    {
        _connection.Reset();
        ReadOnlyMemory<byte> input = _message;
        var length = 0;
        while (_connection.Read(input, false, out var consumed) != Http11EventKind.EndOfMessage)
        {
            if (_connection.Kind == Http11EventKind.Data)
            {
                if (copies)
                    _connection.Data.Span.CopyTo(_destination.AsSpan(length));
                length += _connection.Data.Length;
            }
            input = input[consumed..];
        }
        return length;
    }
}
