using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>
/// Accepts connections at one listening socket until it is closed. Whatever goes wrong, it goes on: without file descriptors or memory it pauses, tells that once a
/// minute, and resumes when there are some again.
/// </summary>
internal sealed class Acceptor(Socket socket, ConnectionGate gate)
{
    /// <summary>How long to wait before trying again. The connections that knock meanwhile wait in the backlog.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>How long not to tell again what goes wrong: where there is nothing left, it goes wrong many times a second.</summary>
    private const long QuietMilliseconds = 60_000;

    private long _quietUntil = long.MinValue;

    public void Start()
    {
        // What the caller keeps in its execution context is none of the peers' concern.
        using (ExecutionContext.SuppressFlow())
            _ = Task.Run(AcceptAsync);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket? accepted = null;
            try
            {
                accepted = await socket.AcceptAsync().ConfigureAwait(false);
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
                if (e is SocketException { SocketErrorCode: SocketError.ConnectionAborted or SocketError.ConnectionReset })
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
