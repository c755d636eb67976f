using System.ComponentModel;
using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>
/// Accepts connections at one listening socket until it is closed. Whatever goes wrong, it goes on: without file descriptors or memory it pauses, tells that once a
/// minute, and resumes when there are some again.
/// </summary>
/// <param name="socket">It listens.</param>
/// <param name="gate">Where accepted connections go.</param>
/// <param name="wire">The same socket as one of an event loop, which then accepts on its own thread: no other has to be woken. <c>null</c> leaves it to the thread pool.</param>
internal sealed class Acceptor(Socket socket, ConnectionGate gate, LoopWire? wire) : IDisposable
{
    /// <summary>So many connections are accepted before others of the loop have their turn.</summary>
    private const int MaxInRow = 16;

    /// <summary>How long to wait before trying again. The connections that knock meanwhile wait in the backlog.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>How long not to tell again what goes wrong: where there is nothing left, it goes wrong many times a second.</summary>
    private const long QuietMilliseconds = 60_000;

    private long _quietUntil = long.MinValue;

    /// <exception cref="IOException">The system watches enough sockets already.</exception>
    public void Start()
    {
        try
        {
            wire?.Begin();
        }
        catch (Win32Exception e)
        {
            throw new IOException($"Cannot listen on an event loop: the system lets this user watch no more sockets. {Sentence.Of(e.Message)}", e);
        }
        // What the caller keeps in its execution context is none of the peers' concern.
        using (ExecutionContext.SuppressFlow())
            _ = Task.Run(AcceptAsync);
    }

    /// <summary>Ends it, once the socket is closed.</summary>
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
                // It was gone before anybody came for it.
                if (e is SocketException { SocketErrorCode: SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.WouldBlock })
                    continue;
                Report(e);
                await Task.Delay(Pause).ConfigureAwait(false);
            }
        }
    }

    /// <summary>One connection waits here, the others in the backlog.</summary>
    private async Task WaitForRoomAsync()
    {
        while (!gate.IsStopping && !FileDescriptors.HasRoom())
        {
            Report(
                new IOException("The process is about to run out of file descriptors: no connection is accepted until some are free again. Raise its limit, or lower SocketTransport.MaxConnections."));
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
            // Telling may fail for want of the same things. The next attempt tells it.
        }
    }
}
