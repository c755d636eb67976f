using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite.Load;

/// <summary>Makes one call after another over one connection, with bodies of any size, and checks every reply.</summary>
internal sealed class BodyCaller(RunningServer server, Workload workload) : IDisposable
{
    private const int Patience = 120_000;

    private readonly ReplyCheck _check = new(workload);
    private byte[]? _request;
    private byte[] _reply = new byte[workload.Reply.Length + 64 * 1024];
    private Socket? _socket;

    /// <summary>Calls for a time, at least once.</summary>
    /// <returns>The calls that were answered.</returns>
    public long Run(TimeSpan time)
    {
        // Since the last turn, the server may have closed the idle connection: HttpListener does after 15 s.
        if (_socket?.Poll(0, SelectMode.SelectRead) == true)
            Dispose();
        var began = Stopwatch.GetTimestamp();
        var calls = 0L;
        do
        {
            Call();
            calls++;
        }
        while (Stopwatch.GetElapsedTime(began) < time);
        return calls;
    }

    public void Call()
    {
        if (_socket is null)
        {
            _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendTimeout = Patience, ReceiveTimeout = Patience };
            _socket.Connect(IPAddress.Loopback, server.Port);
        }
        _socket.Send(_request ??= workload.Request(server.Port));
        var received = 0;
        bool isLast;
        do
        {
            if (received == _reply.Length)
                Array.Resize(ref _reply, _reply.Length * 2);
            var count = _socket.Receive(_reply.AsSpan(received));
            if (count == 0)
                throw new IOException("The server closed a connection instead of answering.");
            received += count;
        }
        while (!_check.IsWhole(_reply.AsSpan(0, received), out isLast));
        if (isLast)
            Dispose();
    }

    public void Dispose()
    {
        _socket?.Dispose();
        _socket = null;
    }
}
