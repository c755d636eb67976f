using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite.Sockets.Tests;

/// <summary>The wire of the portable path alone.</summary>
public sealed class SocketWireTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _peer = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly SocketWire _wire;

    public SocketWireTests()
    {
        using var listening = new TcpListener(IPAddress.Loopback, 0);
        listening.Start();
        _peer.Connect(listening.LocalEndpoint);
        _wire = new SocketWire(listening.AcceptSocket());
        _wire.Socket.Blocking = false;
    }

    public void Dispose()
    {
        _peer.Dispose();
        _wire.Dispose();
    }

    [Fact]
    public async Task Trying_to_receive_reads_available_bytes_and_does_not_wait_for_more()
    {
        var buffer = new byte[10];

        (await _wire.TryReceiveAsync(buffer)).Should().Be(Wire.Nothing);
        var wait = _wire.WaitAsync().AsTask();
        wait.IsCompleted.Should().BeFalse();
        _peer.Send("abc"u8);
        await wait.WaitAsync(Patience);
        (await _wire.TryReceiveAsync(buffer)).Should().Be(3);
        (await _wire.TryReceiveAsync(buffer)).Should().Be(Wire.Nothing);
        _peer.Shutdown(SocketShutdown.Send);
        await _wire.WaitAsync().AsTask().WaitAsync(Patience);
        (await _wire.TryReceiveAsync(buffer)).Should().Be(0, "the end counts as readable");
    }

    [Fact]
    public async Task A_non_blocking_socket_still_sends_everything()
    {
        // More than the system accepts at once.
        var sent = new byte[20_000_000];
        Random.Shared.NextBytes(sent);
        var received = new byte[sent.Length];

        var sending = _wire.SendAsync(sent).AsTask();
        for (var count = 0; count < received.Length;)
            count += await _peer.ReceiveAsync(received.AsMemory(count)).AsTask().WaitAsync(Patience);
        await sending.WaitAsync(Patience);

        received.AsSpan().SequenceEqual(sent).Should().BeTrue();
        _wire.Sent.Should().Be(sent.Length);
    }

    [Fact]
    public async Task A_reset_is_an_exception_and_not_the_end()
    {
        _peer.LingerState = new LingerOption(enable: true, seconds: 0);
        _peer.Dispose();

        Func<Task> receiving = async () =>
        {
            await _wire.WaitAsync().AsTask().WaitAsync(Patience);
            await _wire.TryReceiveAsync(new byte[1]);
        };

        await receiving.Should().ThrowAsync<SocketException>();
    }

    [Fact]
    public async Task A_peer_of_IPv4_has_an_IPv4_address_on_a_socket_of_both_versions_too()
    {
        if (!Socket.OSSupportsIPv6)
            return;
        using var listening = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        listening.Bind(new IPEndPoint(IPAddress.Loopback.MapToIPv6(), 0));
        listening.Listen();
        using var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await peer.ConnectAsync(IPAddress.Loopback, ((IPEndPoint)listening.LocalEndPoint!).Port);

        using var wire = new SocketWire(await listening.AcceptAsync());

        wire.RemoteEndPoint.Should().Be(peer.LocalEndPoint);
    }
}
