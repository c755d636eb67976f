using System.Text;
using System.Text.Json;

namespace JsonRpcLite.Benchmarks;

/// <summary>The calls inside a server, from the bytes of the request to those of the reply, without a transport.</summary>
/// <remarks>
/// This is JSON-RPC's <c>subtract</c>, registered in every possible way, and the same as a plain call. The measure is one pass over the same request with a bare
/// <see cref="Utf8JsonReader"/>. The cost of the serializer alone is listed as well, because <c>AddHandler</c> and plain calls pass their parameters to it. Not thread-safe.
/// </remarks>
internal sealed class DispatchCalls
{
    private readonly MemoryExchange _exchange = new();
    /// <summary>Suppresses the notice that nothing guards the exchange: only this program reaches it.</summary>
    private static readonly JsonRpcHandlerOptions Guarded = new() { IsGuarded = true };

    private readonly HttpExchangeHandler _methods = JsonRpc.MakeHandler(new JsonRpcMethods()
        .Add("add", (int minuend, int subtrahend) => minuend - subtrahend)
        .AddHandler<Operands, int>("struct", o => o.Minuend - o.Subtrahend)
        .AddHandler<OperandsClass, int>("class", o => o.Minuend - o.Subtrahend)
        .AddHandler<int[], int>("array", n => n[0] - n[1])
        .Add("primitive", Subtract)
        .AddService<ISubtraction>(new Subtraction()), Guarded);
    private readonly HttpExchangeHandler _plain = JsonRpc.MakeHandler((Operands o) => o.Minuend - o.Subtrahend, Guarded);

    private readonly HttpExchangeHandler _threeLayers = WithMiddleware(3);
    private readonly HttpExchangeHandler _tenLayers = WithMiddleware(10);

    public DispatchCalls()
    {
        const string byPosition = "[42,23]";
        const string byName = """{"minuend":42,"subtrahend":23}""";
        var request = Request("add", byPosition);
        var (array, named) = (Encoding.UTF8.GetBytes(byPosition), Encoding.UTF8.GetBytes(byName));
        All =
        [
            ("a bare `Utf8JsonReader` over the request", () => Read(request)),
            ("`Add`, by position", Call(_methods, request)),
            ("`Add`, by position, three middleware", Call(_threeLayers, request)),
            ("`Add`, by position, ten middleware", Call(_tenLayers, request)),
            ("`Add`, by name", Call(_methods, Request("add", byName))),
            ("a contract, by position", Call(_methods, Request("now", byPosition))),
            ("a contract, by name", Call(_methods, Request("now", byName))),
            ("a contract's task, by position", Call(_methods, Request("later", byPosition))),
            ("the primitive", Call(_methods, Request("primitive", byPosition))),
            ("`AddHandler`, an array", Call(_methods, Request("array", byPosition))),
            ("`AddHandler`, a struct by name", Call(_methods, Request("struct", byName))),
            ("`AddHandler`, a class by name", Call(_methods, Request("class", byName))),
            ("a plain call, a struct", Call(_plain, named)),
            ("`JsonSerializer.Deserialize` alone, an array", () => JsonSerializer.Deserialize<int[]>(array)!.Length),
            ("`JsonSerializer.Deserialize` alone, a struct", () => JsonSerializer.Deserialize<Operands>(named, JsonSerializerOptions.Web).Minuend),
            ("`JsonSerializer.Deserialize` alone, a class", () => JsonSerializer.Deserialize<OperandsClass>(named, JsonSerializerOptions.Web)!.Minuend),
        ];
    }

    /// <summary>The calls, of which the first is the measure.</summary>
    /// <remarks>Each call returns a number, so that the compiler removes none of it as unused.</remarks>
    public IReadOnlyList<(string Name, Func<int> Call)> All { get; }

    /// <summary>Middleware that does nothing and completes at once.</summary>
    private static HttpExchangeHandler WithMiddleware(int layers)
    {
        var methods = new JsonRpcMethods().Add("add", (int minuend, int subtrahend) => minuend - subtrahend);
        for (var i = 0; i < layers; i++)
            methods.Use((call, next, cancellationToken) => next(call, cancellationToken));
        return JsonRpc.MakeHandler(methods, Guarded);
    }

    private static byte[] Request(string method, string parameters) =>
        Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","method":"{{method}}","params":{{parameters}},"id":1}""");

    private static int Read(byte[] request)
    {
        var reader = new Utf8JsonReader(request);
        var length = 0;
        while (reader.Read())
            length += reader.ValueSpan.Length;
        return length;
    }

    private Func<int> Call(HttpExchangeHandler handler, byte[] body)
    {
        Run();
        var reply = Encoding.UTF8.GetString(_exchange.ResponseBody.WrittenSpan);
        return reply is """{"jsonrpc":"2.0","result":19,"id":1}""" or "19" ? Run : throw new InvalidOperationException($"A wrong reply: {reply}");

        int Run()
        {
            _exchange.Begin(body);
            var running = handler(_exchange, CancellationToken.None);
            if (!running.IsCompletedSuccessfully)
                throw new InvalidOperationException("The call must end at once.");
            return _exchange.ResponseBody.Length;
        }
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

    private sealed class OperandsClass
    {
        public int Minuend { get; set; }

        public int Subtrahend { get; set; }
    }

    /// <summary>An exchange that is reused, as in a transport.</summary>
    private sealed class MemoryExchange : HttpExchange
    {
        public void Begin(ReadOnlyMemory<byte> body)
        {
            TryReset();
            RequestBody = body;
            ContentLength = body.Length;
        }
    }
}
