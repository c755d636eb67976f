using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>
/// Accepts connections at one listening socket until it is closed. Whatever goes wrong, it goes on: without file descriptors or memory it pauses, tells that once, and resumes
/// when there are some again.
/// </summary>
internal sealed class Acceptor(Socket socket, ConnectionGate gate)
{
    /// <summary>How long to wait before trying again. The connections that knock meanwhile wait in the backlog.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public void Start()
    {
        // What the caller keeps in its execution context is none of the peers' concern.
        using (ExecutionContext.SuppressFlow())
            _ = Task.Run(AcceptAsync);
    }

    private async Task AcceptAsync()
    {
        var isFailing = false;
        while (true)
        {
            try
            {
                var accepted = await socket.AcceptAsync().ConfigureAwait(false);
                isFailing = false;
                gate.Admit(accepted);
            }
            catch (Exception e)
            {
                if (gate.IsStopping || e is ObjectDisposedException)
                    return;
                // It was gone before anybody came for it.
                if (e is SocketException { SocketErrorCode: SocketError.ConnectionAborted or SocketError.ConnectionReset })
                    continue;
                if (!isFailing)
                    gate.Report(e);
                isFailing = true;
                await Task.Delay(Pause).ConfigureAwait(false);
            }
        }
    }
}
