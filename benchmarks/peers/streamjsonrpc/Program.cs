using System.Net;
using System.Net.Sockets;
using JsonRpcLite.Load;
using JsonRpcLite.Peers.Streams;
using StreamJsonRpc;

// StreamJsonRpc over TCP, for which it is designed, with its header-delimited messages and System.Text.Json. Server and client communicate with the comparison like every other
// server and client.
if (args is ["client"])
{
    await ClientLoop.RunAsync<int>(
        isAsync: true,
        address =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(IPAddress.Loopback, address.Port);
            var calculator = JsonRpc.Attach<ICalculator>(Messages(socket));
            return () => calculator.SubtractAsync(42, 23);
        },
        difference => difference == 19);
    return;
}

var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
listener.Listen(512);
_ = AcceptAsync(listener);
Console.WriteLine(((IPEndPoint)listener.LocalEndPoint!).Port);
while (Console.ReadLine() is not null)
    Console.WriteLine(Usage.OfThisProcess());

static async Task AcceptAsync(Socket listener)
{
    while (true)
    {
        var socket = await listener.AcceptAsync();
        socket.NoDelay = true;
        var rpc = new JsonRpc(Messages(socket));
        rpc.AddLocalRpcTarget<ICalculator>(new Calculator(), null);
        rpc.StartListening();
    }
}

static HeaderDelimitedMessageHandler Messages(Socket socket)
{
    var stream = new NetworkStream(socket, ownsSocket: true);
    return new HeaderDelimitedMessageHandler(stream, stream, new SystemTextJsonFormatter());
}
