using System.ComponentModel;
using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>Accepts connections at one listening socket until it is closed.</summary>
/// <remarks>No failure ends it. Without file descriptors or memory it pauses, reports that once a minute, and resumes when they are available again.</remarks>
/// <param name="socket">The listening socket.</param>
/// <param name="gate">The gate that admits accepted connections.</param>
/// <param name="wire">
/// The same socket as a wire of an event loop, which then accepts on its own thread, so that no other thread has to wake up. <c>null</c> uses the thread pool.
/// </param>
internal sealed class Acceptor(Socket socket, ConnectionGate gate, LoopWire? wire) : IDisposable
{
    /// <summary>The number of connections to accept before other wires of the loop are dispatched.</summary>
    private const int MaxInRow = 16;

    /// <summary>The pause before another attempt.</summary>
    /// <remarks>Connections that arrive in the meantime wait in the backlog.</remarks>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>The time for which further failures are not reported.</summary>
    /// <remarks>Without resources, accepting fails many times a second.</remarks>
    private const long QuietMilliseconds = 60_000;

    private long _quietUntil = long.MinValue;

    /// <exception cref="IOException">The user's limit of watched sockets is reached.</exception>
    public void Start()
    {
        try
        {
            wire?.Begin();
        }
        catch (Win32Exception e)
        {
            throw new IOException($"Cannot listen on an event loop: the user's limit of watched sockets (fs.epoll.max_user_watches) is reached. {Sentence.Of(e.Message)}", e);
        }
        // The caller's execution context must not flow into the calls of peers.
        using (ExecutionContext.SuppressFlow())
            _ = Task.Run(AcceptAsync);
    }

    /// <summary>Ends accepting, once the socket is closed.</summary>
    public void Dispose() => wire?.Dispose();

    private async Task AcceptAsync()
    {
        for (var count = 1; ; count++)
        {
            Socket? accepted = null;
            try
            {
                if (wire is not null && count % MaxInRow == 0)
                    await wire.YieldAsync().ConfigureAwait(false);
                if (wire is null)
                {
                    accepted = await socket.AcceptAsync().ConfigureAwait(false);
                }
                else
                {
                    while ((accepted = wire.TryAccept()) is null)
                        await wire.WaitAsync().ConfigureAwait(false);
                }
                if (!FileDescriptors.HasRoomBehind(accepted))
                    await WaitForRoomAsync().ConfigureAwait(false);
                gate.Admit(accepted);
            }
            catch (Exception e)
            {
                accepted?.Dispose();
                if (gate.IsStopping || e is ObjectDisposedException)
                    return;
                // The connection was gone before it was accepted.
                if (e is SocketException { SocketErrorCode: SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.WouldBlock })
                    continue;
                Report(e);
                await Task.Delay(Pause).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits until file descriptors are free.</summary>
    /// <remarks>One connection waits here, the others in the backlog.</remarks>
    private async Task WaitForRoomAsync()
    {
        while (!gate.IsStopping && !FileDescriptors.HasRoom())
        {
            Report(
                new IOException("Almost out of file descriptors: no connection is accepted until some are free. Raise the limit, or lower SocketTransport.MaxConnections."));
            await Task.Delay(Pause).ConfigureAwait(false);
        }
    }

    private void Report(Exception exception)
    {
        if (Environment.TickCount64 < _quietUntil)
            return;
        try
        {
            gate.Report(exception);
            _quietUntil = Environment.TickCount64 + QuietMilliseconds;
        }
        catch (Exception)
        {
            // Reporting may fail for the same lack of resources. The next attempt reports it.
        }
    }
}
