using System.Buffers;
using BenchmarkDotNet.Attributes;
using JsonRpcLite.Http11;
using Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http;

namespace JsonRpcLite.Benchmarks;

/// <summary>A whole server cycle (head of 96 bytes, body of 42, reply, next) against Kestrel's parser for the head alone.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class Http11CycleBenchmarks
{
    private readonly HttpParser<EmptyHandler> _parser = new(false);
    private readonly EmptyHandler _handler = new();
    private readonly Http11Connection _connection = new(Http11Role.Server);
    private readonly Http11Fields _fields = new();
    private readonly ArrayBufferWriter<byte> _output = new(4096);
    private readonly byte[] _message = [.. Heads.Lean, .. Heads.Body];

    /// <summary>The measure.</summary>
    [Benchmark(Baseline = true)]
    public bool KestrelParserHeadOnly()
    {
        var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>(Heads.Lean));
        return _parser.ParseRequestLine(_handler, ref reader) && _parser.ParseHeaders(_handler, ref reader);
    }

    /// <summary>The engine: request, data and end read; response, data and end written; the next cycle started.</summary>
    [Benchmark]
    public int EngineCycle()
    {
        ReadOnlyMemory<byte> input = _message;
        _connection.Read(input, false, out var consumed);
        input = input[consumed..];
        _connection.Read(input, false, out consumed);
        var body = _connection.Data;
        _connection.Read(input[consumed..], false, out _);

        _output.ResetWrittenCount();
        _fields.Clear();
        _fields.Add("Content-Type"u8, "application/json"u8);
        _fields.Add("Content-Length"u8, body.Length);
        _connection.SendResponse(_output, 200, "OK"u8, _fields);
        _connection.SendData(_output, body.Span);
        _connection.SendEndOfMessage(_output);
        _connection.StartNextCycle();
        return _output.WrittenCount;
    }
}
