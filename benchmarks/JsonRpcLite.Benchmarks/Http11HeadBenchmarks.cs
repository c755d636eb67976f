using System.Buffers;
using BenchmarkDotNet.Attributes;
using JsonRpcLite.Http11;
using Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http;

namespace JsonRpcLite.Benchmarks;

/// <summary>A full strict head (parsed, checked, Host, framing, state machine) against Kestrel's parser with an empty handler.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class Http11HeadBenchmarks
{
    private readonly HttpParser<EmptyHandler> _parser = new(false);
    private readonly EmptyHandler _handler = new();
    private readonly Http11Connection _connection = new(Http11Role.Server);
    private byte[] _head = [];

    /// <summary>The size of the head in bytes.</summary>
    [Params(96, 169, 720)]
    public int Size { get; set; }

    /// <summary>Picks the head.</summary>
    [GlobalSetup]
    public void Setup() => _head = Heads.Of(Size);

    /// <summary>The measure.</summary>
    [Benchmark(Baseline = true)]
    public bool KestrelParser()
    {
        var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>(_head));
        return _parser.ParseRequestLine(_handler, ref reader) && _parser.ParseHeaders(_handler, ref reader);
    }

    /// <summary>The engine, from memory.</summary>
    [Benchmark]
    public Http11EventKind Engine()
    {
        _connection.Reset();
        return _connection.Read(_head, false, out _);
    }

    /// <summary>The engine, from a sequence.</summary>
    [Benchmark]
    public Http11EventKind EngineSequence()
    {
        _connection.Reset();
        var input = new ReadOnlySequence<byte>(_head);
        return _connection.Read(ref input, false);
    }
}
