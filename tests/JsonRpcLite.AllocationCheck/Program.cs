// Measures what a call allocates in optimized code: prints a line for each kind of call, and exits with 1 if one allocates more than it may. All of it counts: server, transport
// and client.
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using JsonRpcLite;
using JsonRpcLite.Benchmarks;
using JsonRpcLite.Load;

const int WarmUp = 2000;
const int Calls = 4000;
// Allocations of timers, of tiered compilation and of the rest of the process do not belong to a call.
const double Noise = 1;
var isAnyAbove = false;

// The serializer's allocations do not count: each is compared with the same call that only serializes.
var dispatch = new DispatchCalls().All.ToDictionary(call => call.Name, call => call.Call);
Dispatch("`Add`, by position");
Dispatch("`Add`, by position, three middleware");
Dispatch("`Add`, by name");
Dispatch("a contract, by position");
Dispatch("a contract, by name");
Dispatch("a contract's task, by position");
Dispatch("the primitive");
Dispatch("`AddHandler`, an array", "`JsonSerializer.Deserialize` alone, an array");
Dispatch("`AddHandler`, a struct by name", "`JsonSerializer.Deserialize` alone, a struct");
Dispatch("`AddHandler`, a class by name", "`JsonSerializer.Deserialize` alone, a class");
Dispatch("a plain call, a struct", "`JsonSerializer.Deserialize` alone, a struct");

var methods = new JsonRpcMethods().Add("subtract", (int minuend, int subtrahend) => minuend - subtrahend);
foreach (var loops in new[] { 1, 0 })
{
    var place = loops == 0 ? "on the thread pool" : "on event loops";
    using var server = JsonRpc.MakeServer(0, methods, new() { Transport = new SocketTransport { EventLoops = loops } });
    OverSocket($"server {place}: Add", server.Address, 0);
    using var transport = new SocketClientTransport();
    Synchronous($"client, synchronous, with its server {place}", transport, server.Address, 0);
    Asynchronous($"client, asynchronous, with its server {place}", transport, server.Address, 0);
    using var client = JsonRpc.MakeClient(server.Address, new() { Transport = new SocketClientTransport() });
    ClientCalls($"client with its server {place}", client, mostAsynchronous: 200, mostSynchronous: 0);
}

// A call through a proxy allocates no more than the call itself.
using (var server = JsonRpc.MakeServer(0, new JsonRpcMethods().AddService<ISubtraction>(new Subtraction()), new() { Transport = new SocketTransport { EventLoops = 1 } }))
using (var client = JsonRpc.MakeClient(server.Address, new() { Transport = new SocketClientTransport() }))
{
    var proxy = client.As<ISubtraction>();
    var alone = (int)Math.Round(Least(calls => CallAsync(calls).GetAwaiter().GetResult()));
    MeasureAll("proxy, asynchronous", alone, calls => CallProxyAsync(calls).GetAwaiter().GetResult());
    Measure("proxy, synchronous", 0, () => Require(proxy.Now(42, 23)));

    async Task CallAsync(int calls)
    {
        for (var i = 0; i < calls; i++)
            Require(await client.CallAsync<Operands, int>("later", new Operands(42, 23)));
    }

    async Task CallProxyAsync(int calls)
    {
        for (var i = 0; i < calls; i++)
            Require(await proxy.LaterAsync(42, 23));
    }
}

// Middleware that completes at once allocates nothing, however much of it there is, on both sides.
var layered = new JsonRpcMethods().Add("subtract", (int minuend, int subtrahend) => minuend - subtrahend)
    .Use((call, next, token) => next(call, token)).Use((_, next) => (call, token) => next(call, token)).Use((call, next, token) => next(call, token));
using (var server = JsonRpc.MakeServer(0, layered, new JsonRpcServerOptions { Transport = new SocketTransport { EventLoops = 1 } }.Use(
    next => (exchange, token) => next(exchange, token)).Use(next => (exchange, token) => next(exchange, token))))
{
    OverSocket("server with three middleware around calls and two around exchanges", server.Address, 0);
    var options = new JsonRpcClientOptions { Transport = new SocketClientTransport() };
    for (var i = 0; i < 3; i++)
        options.Use((call, next, token) => next(call, token));
    using var client = JsonRpc.MakeClient(server.Address, options);
    ClientCalls("client with three middleware", client, mostAsynchronous: 200, mostSynchronous: 0);
}

// Metrics with a listener allocate nothing either.
using (var metrics = new MeterListener { InstrumentPublished = static (instrument, listener) => listener.EnableMeasurementEvents(instrument) })
{
    var measured = 0L;
    metrics.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref measured));
    metrics.Start();
    using var server = JsonRpc.MakeServer(0, methods, new() { Transport = new SocketTransport { EventLoops = 1 } });
    OverSocket("server whose metrics are read", server.Address, 0);
    using var client = JsonRpc.MakeClient(server.Address, new() { Transport = new SocketClientTransport() });
    ClientCalls("client whose metrics are read", client, mostAsynchronous: 200, mostSynchronous: 0);
    if (measured == 0)
        throw new InvalidOperationException("Nothing was measured.");
}

// What HttpListener and HttpClient allocate does not count: the first is compared with a bare loop, and the second with its goal, both of benchmarks/README.md.
using (var server = JsonRpc.MakeServer(0, methods))
{
    const int mostOverBareLoop = 300;
    // HttpListener ends each connection after its hundredth reply.
    const int mostOnConnection = 99;
    var bare = new Uri($"http://127.0.0.1:{BareListenerServer.Start(Workload.Subtract)}/");
    var alone = Least(Repeated(CallOverSocket(bare, mostOnConnection)));
    OverSocket($"server on HttpListener, where a bare loop takes {alone:0}", server.Address, (int)alone + mostOverBareLoop, mostOnConnection);
}
using (var server = JsonRpc.MakeServer(0, methods, new() { Transport = new SocketTransport() }))
using (var client = JsonRpc.MakeClient(server.Address))
    ClientCalls("client on HttpClient", client, mostAsynchronous: 2800, mostSynchronous: 2800);

return isAnyAbove ? 1 : 0;

void Dispatch(string name, string? alone = null) =>
    Measure($"dispatch: {name}", alone is null ? 0 : (int)Math.Round(Least(calls => Repeat(dispatch[alone], calls))), () => dispatch[name]());

static void Repeat(Func<int> call, int calls)
{
    for (var i = 0; i < calls; i++)
        call();
}

void ClientCalls(string name, JsonRpcClient client, int mostAsynchronous, int mostSynchronous)
{
    int[] parameters = [42, 23];
    Measure($"{name}: Call", mostSynchronous, () => Require(client.Call<int[], int>("subtract", parameters)));
    MeasureAll($"{name}: CallAsync", mostAsynchronous, calls => CallAsync(calls).GetAwaiter().GetResult());

    async Task CallAsync(int calls)
    {
        for (var i = 0; i < calls; i++)
            Require(await client.CallAsync<int[], int>("subtract", parameters));
    }

}

static void Require(int result)
{
    if (result != 19)
        throw new InvalidOperationException($"A wrong result: {result}");
}

void OverSocket(string name, Uri address, int limit, int mostOnConnection = int.MaxValue) => Measure(name, limit, CallOverSocket(address, mostOnConnection));

static Action CallOverSocket(Uri address, int mostOnConnection = int.MaxValue)
{
    var socket = Connect();
    var calls = 0;
    var body = Request();
    byte[] request =
        [.. Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n"), .. body];
    var reply = new byte[4096];
    return () =>
    {
        if (++calls % mostOnConnection == 0)
        {
            socket.Dispose();
            socket = Connect();
        }
        socket.Send(request);
        var length = 0;
        while (!reply.AsSpan(0, length).EndsWith("}"u8))
        {
            var count = socket.Receive(reply.AsSpan(length));
            length += count > 0 ? count : throw new InvalidOperationException($"{address} closed the connection.");
        }
        Check(reply.AsSpan(0, length));
    };

    Socket Connect()
    {
        var connected = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        connected.Connect(IPAddress.Parse(address.Host), address.Port);
        return connected;
    }
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

void Measure(string name, int limit, Action call) => MeasureAll(name, limit, Repeated(call));

static Action<int> Repeated(Action call) => calls =>
{
    for (var i = 0; i < calls; i++)
        call();
};

void MeasureAll(string name, int limit, Action<int> call)
{
    var least = Least(call);
    var isAbove = least > limit + Noise;
    isAnyAbove |= isAbove;
    Console.WriteLine($"{name}: {least:0.0} bytes a call, {(isAbove ? "MORE than" : "of at most")} {limit}");
}

static double Least(Action<int> call)
{
    call(WarmUp);
    // The lowest of several measurements, because other work of the process comes and goes.
    var least = double.MaxValue;
    for (var round = 0; round < 5; round++)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        call(Calls);
        least = Math.Min(least, (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / Calls);
    }
    return least;
}

static HttpExchange ExchangeTo(Uri address)
{
    var exchange = new HttpExchange { Address = address, RequestBody = Request() };
    exchange.RequestHeaders["Content-Type"] = "application/json";
    return exchange;
}

static byte[] Request() => """{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}"""u8.ToArray();

static void Check(ReadOnlySpan<byte> reply)
{
    if (!reply.EndsWith("""{"jsonrpc":"2.0","result":19,"id":1}"""u8))
        throw new InvalidOperationException($"A wrong reply: {Encoding.UTF8.GetString(reply)}");
}

internal readonly record struct Operands(int Minuend, int Subtrahend);
