using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite.Tests;

/// <summary>The fault that a <see cref="FaultyProxy"/> causes at a byte.</summary>
public enum Fault
{
    /// <summary>Both connections end.</summary>
    Cut,

    /// <summary>Both connections are reset.</summary>
    Reset,

    /// <summary>Nothing more passes, in either direction, and both connections stay open.</summary>
    Stall,

    /// <summary>All bytes pass one by one from here on.</summary>
    Split,
}

/// <summary>
/// A proxy between a client and a server that passes bytes on, until a fault is armed: then it passes a number of bytes in one direction, on any connection, and causes
/// the fault. It never sends a byte twice. A fault happens once.
/// </summary>
internal sealed class FaultyProxy : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly IPEndPoint _server;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _disposed = new();
    private (bool OfReply, int Left, Fault Fault)? _armed;
    private TaskCompletionSource _happened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _connections;

    public FaultyProxy(int serverPort)
    {
        _server = new IPEndPoint(IPAddress.Loopback, serverPort);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Completes when the armed fault has happened.</summary>
    public Task Happened => _happened.Task;

    /// <summary>Passes a number of bytes, and then causes the fault.</summary>
    public void Arm(bool ofReply, int after, Fault fault)
    {
        lock (_lock)
        {
            _armed = (ofReply, after, fault);
            _happened = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>The number of bytes that pass before the armed fault.</summary>
    public int Left
    {
        get
        {
            lock (_lock)
                return _armed?.Left ?? 0;
        }
    }

    /// <summary>Disarms the fault; returns whether it has not happened.</summary>
    public bool Disarm()
    {
        lock (_lock)
        {
            var wasArmed = _armed is not null;
            _armed = null;
            return wasArmed;
        }
    }

    public void Dispose()
    {
        _disposed.Cancel();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync(_disposed.Token);
                Interlocked.Increment(ref _connections);
                _ = ServeAsync(client);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using (client)
        {
            using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                client.NoDelay = server.NoDelay = true;
                await server.ConnectAsync(_server, _disposed.Token);
                var there = PassAsync(client, server, ofReply: false);
                var back = PassAsync(server, client, ofReply: true);
                await await Task.WhenAny(there, back);
                // One side has ended. The bytes that the other has sent before still pass.
                await Task.WhenAll(there, back);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One connection has closed, or the fault has happened; the other is closed, too.
            }
        }
    }

    private async Task PassAsync(Socket from, Socket to, bool ofReply)
    {
        var buffer = new byte[16 * 1024];
        var piece = buffer.Length;
        while (await from.ReceiveAsync(buffer, SocketFlags.None, _disposed.Token) is var count and > 0)
        {
            var passed = Pass(ofReply, count, out var fault);
            await SendAsync(to, buffer.AsMemory(0, passed), piece);
            if (fault is null)
                continue;
            if (fault == Fault.Split)
            {
                piece = 1;
                _happened.TrySetResult();
                await SendAsync(to, buffer.AsMemory(passed, count - passed), piece);
                continue;
            }
            if (fault == Fault.Reset)
                from.LingerState = to.LingerState = new LingerOption(true, 0);
            if (fault == Fault.Stall)
            {
                _happened.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, _disposed.Token);
            }
            from.Dispose();
            to.Dispose();
            _happened.TrySetResult();
            return;
        }
        to.Shutdown(SocketShutdown.Send);
    }

    private async Task SendAsync(Socket to, ReadOnlyMemory<byte> bytes, int piece)
    {
        for (; !bytes.IsEmpty; bytes = bytes[Math.Min(piece, bytes.Length)..])
            await to.SendAsync(bytes[..Math.Min(piece, bytes.Length)], SocketFlags.None, _disposed.Token);
    }

    /// <summary>The number of these bytes that pass before the fault.</summary>
    private int Pass(bool ofReply, int count, out Fault? fault)
    {
        lock (_lock)
        {
            fault = null;
            if (_armed is not { } armed || armed.OfReply != ofReply)
                return count;
            if (armed.Left >= count)
            {
                _armed = armed with { Left = armed.Left - count };
                return count;
            }
            _armed = null;
            fault = armed.Fault;
            return armed.Left;
        }
    }
}
