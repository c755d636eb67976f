using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace JsonRpcLite.Tests;

/// <summary>A port whose queue of connections is full: the system drops each further attempt to connect, and its client gets no reply at all.</summary>
internal sealed class FullPort : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _queue = [];
    private readonly int _own;

    public FullPort()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(0);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        for (var i = 0; i < 5; i++)
        {
            _queue.Add(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false });
            _queue[^1].Invoking(s => s.Connect(IPAddress.Loopback, Port)).Should().Throw<SocketException>();
        }
        _own = CountAttempts();
        _own.Should().BePositive("the queue must be full");
    }

    public int Port { get; }

    /// <summary>Waits until another client is trying to connect.</summary>
    public void WaitForAttempt() => SpinWait.SpinUntil(() => CountAttempts() > _own, TimeSpan.FromSeconds(30)).Should().BeTrue("a client must try to connect");

    /// <summary>Waits until no other client tries any more; an attempt that HttpClient leaves behind lasts for 5 s.</summary>
    public void WaitForEndOfAttempt() => SpinWait.SpinUntil(() => CountAttempts() == _own, TimeSpan.FromSeconds(4)).Should().BeTrue("an attempt ends with its call");

    public void Dispose()
    {
        _listener.Dispose();
        _queue.ForEach(s => s.Dispose());
    }

    private int CountAttempts() => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections().Count(c => c.State == TcpState.SynSent && c.RemoteEndPoint.Port == Port);
}
