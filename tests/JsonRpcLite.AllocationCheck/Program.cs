// What a call allocates where code is optimized: prints a line for each kind of call, and ends with 1 when one allocates more than it may. All of it is counted: server, transport and client.
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using JsonRpcLite;

const int WarmUp = 2000;
const int Calls = 4000;
// Timers, tiers of the compiler and other things of the process are no call's.
const double Noise = 1;
var isAnyAbove = false;

var methods = new JsonRpcMethods()
    .Add("subtract", (int minuend, int subtrahend) => minuend - subtrahend)
    .Add("primitive", Subtract)
    .AddHandler<Operands, int>("handler", o => o.Minuend - o.Subtrahend);
const string ByPosition = "[42,23]";
const string ByName = """{"minuend":42,"subtrahend":23}""";

var handler = JsonRpc.MakeHandler(methods);
InMemory("dispatch: Add, by position", Request("subtract", ByPosition), 0);
InMemory("dispatch: Add, by name", Request("subtract", ByName), 0);
InMemory("dispatch: the primitive", Request("primitive", ByPosition), 0);
InMemory("dispatch: AddHandler, a class (24 bytes)", Request("handler", ByName), 24);

foreach (var loops in new[] { 1, 0 })
{
    var place = loops == 0 ? "on the thread pool" : "on event loops";
    using var server = JsonRpc.MakeServer(0, methods, new() { Transport = new SocketTransport { EventLoops = loops } });
    OverSocket($"server {place}: Add", server.Address, 0);
    using var transport = new SocketClientTransport();
    Synchronous($"client, synchronous, with its server {place}", transport, server.Address, 0);
    Asynchronous($"client, asynchronous, with its server {place}", transport, server.Address, 0);
}

return isAnyAbove ? 1 : 0;

void InMemory(string name, byte[] request, int limit)
{
    var exchange = new MemoryExchange();
    Measure(name, limit, () =>
    {
        exchange.Begin(request);
        var running = handler(exchange, CancellationToken.None);
        if (!running.IsCompletedSuccessfully)
            throw new InvalidOperationException("The call must end at once.");
        Check(exchange.ResponseBody.WrittenSpan);
    });
}

void OverSocket(string name, Uri address, int limit)
{
    using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    socket.Connect(IPAddress.Parse(address.Host), address.Port);
    var body = Request("subtract", ByPosition);
    byte[] request = [.. Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n"), .. body];
    var reply = new byte[4096];
    Measure(name, limit, () =>
    {
        socket.Send(request);
        var length = socket.Receive(reply);
        Check(reply.AsSpan(0, length));
    });
}

void Synchronous(string name, SocketClientTransport transport, Uri address, int limit)
{
    var exchange = ExchangeTo(address);
    Measure(name, limit, () =>
    {
        exchange.ClearResponse();
        transport.Send(exchange, CancellationToken.None);
        Check(exchange.ResponseBody.WrittenSpan);
    });
}

void Asynchronous(string name, SocketClientTransport transport, Uri address, int limit)
{
    var exchange = ExchangeTo(address);
    MeasureAll(name, limit, calls => CallAsync(calls).GetAwaiter().GetResult());

    async Task CallAsync(int calls)
    {
        for (var i = 0; i < calls; i++)
        {
            exchange.ClearResponse();
            await transport.SendAsync(exchange, CancellationToken.None);
            Check(exchange.ResponseBody.WrittenSpan);
        }
    }
}

void Measure(string name, int limit, Action call) => MeasureAll(name, limit, calls =>
{
    for (var i = 0; i < calls; i++)
        call();
});

void MeasureAll(string name, int limit, Action<int> call)
{
    call(WarmUp);
    // The least of several: what the process does besides comes and goes.
    var least = double.MaxValue;
    for (var round = 0; round < 5; round++)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        call(Calls);
        least = Math.Min(least, (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / Calls);
    }
    var isAbove = least > limit + Noise;
    isAnyAbove |= isAbove;
    Console.WriteLine($"{name}: {least:0.0} bytes a call, {(isAbove ? "MORE than" : "of at most")} {limit}");
}

static HttpExchange ExchangeTo(Uri address)
{
    var exchange = new HttpExchange { Address = address, RequestBody = Request("subtract", ByPosition) };
    exchange.RequestFields["Content-Type"] = "application/json";
    return exchange;
}

static byte[] Request(string method, string parameters) => Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","method":"{{method}}","params":{{parameters}},"id":1}""");

static void Check(ReadOnlySpan<byte> reply)
{
    if (!reply.EndsWith("""{"jsonrpc":"2.0","result":19,"id":1}"""u8))
        throw new InvalidOperationException($"A wrong reply: {Encoding.UTF8.GetString(reply)}");
}

static ValueTask Subtract(JsonRpcCall call, CancellationToken cancellationToken)
{
    var reader = new Utf8JsonReader(call.Parameters.Span);
    reader.Read();
    reader.Read();
    var minuend = reader.GetInt32();
    reader.Read();
    call.Result.WriteNumberValue(minuend - reader.GetInt32());
    return default;
}

internal sealed class Operands
{
    public int Minuend { get; set; }

    public int Subtrahend { get; set; }
}

/// <summary>An exchange that is used again, as a transport does.</summary>
internal sealed class MemoryExchange : HttpExchange
{
    public void Begin(ReadOnlyMemory<byte> body)
    {
        Reset();
        RequestBody = body;
        ContentLength = body.Length;
    }
}
