using System.Text.Json;
using BenchmarkDotNet.Attributes;

namespace JsonRpcLite.Benchmarks;

/// <summary>
/// What a call costs inside of the server, from the bytes of the request to the bytes of the reply, without any transport: JSON-RPC's <c>subtract</c> in every way in which it can be
/// registered, beside the same as a plain call.
/// </summary>
[MemoryDiagnoser]
[ShortRunJob]
public class DispatchBenchmarks
{
    private readonly BenchmarkExchange _exchange = new();
    private HttpExchangeHandler _methods = null!;
    private HttpExchangeHandler _plain = null!;

    private static ReadOnlyMemory<byte> Text(string method, string parameters) =>
        System.Text.Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","method":"{{method}}","params":{{parameters}},"id":1}""");

    private readonly ReadOnlyMemory<byte> _addByPosition = Text("add", "[42,23]");
    private readonly ReadOnlyMemory<byte> _addByName = Text("add", """{"minuend":42,"subtrahend":23}""");
    private readonly ReadOnlyMemory<byte> _handlerByName = Text("handler", """{"minuend":42,"subtrahend":23}""");
    private readonly ReadOnlyMemory<byte> _handlerByPosition = Text("array", "[42,23]");
    private readonly ReadOnlyMemory<byte> _primitive = Text("primitive", "[42,23]");
    private readonly ReadOnlyMemory<byte> _plainBody = """{"minuend":42,"subtrahend":23}"""u8.ToArray();

    [GlobalSetup]
    public void Setup()
    {
        _methods = JsonRpc.MakeHandler(new JsonRpcMethods()
            .Add("add", (int minuend, int subtrahend) => minuend - subtrahend)
            .AddHandler<Operands, int>("handler", o => o.Minuend - o.Subtrahend)
            .AddHandler<int[], int>("array", n => n[0] - n[1])
            .Add("primitive", Subtract));
        _plain = JsonRpc.MakeHandler((Operands o) => o.Minuend - o.Subtrahend);
        foreach (var (handler, body) in new[] { (_methods, _addByPosition), (_methods, _addByName), (_methods, _handlerByName), (_methods, _handlerByPosition), (_methods, _primitive), (_plain, _plainBody) })
        {
            Run(handler, body);
            var reply = System.Text.Encoding.UTF8.GetString(_exchange.ResponseBody.WrittenSpan);
            if (reply is not ("""{"jsonrpc":"2.0","result":19,"id":1}""" or "19"))
                throw new InvalidOperationException(reply);
        }
    }

    [Benchmark(Description = "Add, by position")]
    public int AddByPosition() => Run(_methods, _addByPosition);

    [Benchmark(Description = "Add, by name")]
    public int AddByName() => Run(_methods, _addByName);

    [Benchmark(Description = "AddHandler, an array")]
    public int HandlerByPosition() => Run(_methods, _handlerByPosition);

    [Benchmark(Description = "AddHandler, a struct by name")]
    public int HandlerByName() => Run(_methods, _handlerByName);

    [Benchmark(Description = "the primitive")]
    public int Primitive() => Run(_methods, _primitive);

    [Benchmark(Description = "a plain call, a struct", Baseline = true)]
    public int Plain() => Run(_plain, _plainBody);

    private int Run(HttpExchangeHandler handler, ReadOnlyMemory<byte> body)
    {
        _exchange.Begin(body);
        var running = handler(_exchange, CancellationToken.None);
        if (!running.IsCompletedSuccessfully)
            throw new InvalidOperationException("The call must end at once.");
        running.GetAwaiter().GetResult();
        return _exchange.ResponseBody.Length;
    }

    private static ValueTask Subtract(JsonRpcCall call, CancellationToken cancellationToken)
    {
        var reader = new Utf8JsonReader(call.Parameters.Span);
        reader.Read();
        reader.Read();
        var minuend = reader.GetInt32();
        reader.Read();
        call.Result.WriteNumberValue(minuend - reader.GetInt32());
        return default;
    }

    private readonly record struct Operands(int Minuend, int Subtrahend);

    /// <summary>An exchange that is used again, as a transport does.</summary>
    private sealed class BenchmarkExchange : HttpExchange
    {
        public void Begin(ReadOnlyMemory<byte> body)
        {
            Reset();
            RequestBody = body;
            ContentLength = body.Length;
        }
    }
}
