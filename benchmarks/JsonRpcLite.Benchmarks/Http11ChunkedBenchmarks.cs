using System.Text;
using BenchmarkDotNet.Attributes;
using JsonRpcLite.Http11;

namespace JsonRpcLite.Benchmarks;

/// <summary>A body of 256 KiB in chunks, decoded and copied out, against copying the same bytes.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class Http11ChunkedBenchmarks
{
    private const int Size = 256 * 1024;

    /// <summary>So many tiny chunks are refused by default.</summary>
    private readonly Http11Connection _connection = new(Http11Role.Server, new() { MaxChunkOverheadSize = 1 << 30 });
    private readonly byte[] _plain = new byte[Size];
    private readonly byte[] _destination = new byte[Size];
    private byte[] _message = [];

    /// <summary>The size of a chunk in bytes, which divides that of the body.</summary>
    [Params(8, 4096)]
    public int ChunkSize { get; set; }

    /// <summary>Makes the message.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var message = new List<byte>(Encoding.ASCII.GetBytes("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"));
        for (var at = 0; at < Size; at += ChunkSize)
            message.AddRange([.. Encoding.ASCII.GetBytes($"{ChunkSize:x}\r\n"), .. _plain.AsSpan(at, ChunkSize), .. "\r\n"u8]);
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
