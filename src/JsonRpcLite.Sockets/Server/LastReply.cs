using System.Buffers;

namespace JsonRpcLite;

/// <summary>
/// How a connection comes to its end: the replies that somebody else than its flow sends, which are always the last, and what there is to wait for after a last reply. Also the
/// 100 (Continue), which must not cross one.
/// </summary>
internal sealed class LastReply(ServerConnection connection, ConnectionGate gate, ConnectionState state)
{
    private const int LingerBuffer = 4096;

    private TaskCompletionSource? _sentAside;
    private TaskCompletionSource? _continue;

    /// <summary>Tells a client that holds its body back to send it (RFC 9110 10.1.1).</summary>
    public async ValueTask SendContinueAsync()
    {
        // An early reply may want to be sent at the same time: it looks for this only after it has taken the phase, and this asks for the phase only after it can be seen.
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _continue, sent);
        try
        {
            if (connection.IsHandling)
                await connection.SendAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray()).ConfigureAwait(false);
        }
        finally
        {
            sent.SetResult();
        }
    }

    /// <summary>
    /// Sends a last reply from the side, if the connection is still in that phase. The flow goes on until it notices, and then lingers, or closes when there is nothing to wait for.
    /// </summary>
    public async Task SendAsideAsync(ConnectionPhase from, ReadOnlyMemory<byte> reply)
    {
        if (!state.TryMove(from, ConnectionPhase.Sending, gate.Limits.PieceTime))
            return;
        try
        {
            if (Volatile.Read(ref _continue) is { } sending)
                await sending.Task.ConfigureAwait(false);
            await connection.SendAsync(reply).ConfigureAwait(false);
            await BeginToLingerAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (ServerConnection.IsOfThePeer(e))
        {
            connection.Close();
        }
        finally
        {
            SentAside().TrySetResult();
        }
    }

    /// <summary>The same with a refusal.</summary>
    public async Task RefuseAsync(ConnectionPhase from, int statusCode, string message)
    {
        var exchange = gate.Exchanges.Rent();
        exchange.BeginRefusal(connection, from);
        await gate.Context.RefuseAsync(exchange, statusCode, message).ConfigureAwait(false);
        if (exchange.TryEnd(keepsInput: false))
            gate.Exchanges.Return(exchange);
    }

    /// <summary>After the last reply: says that there is no more, and sets the peer a time to close its side.</summary>
    public async ValueTask BeginToLingerAsync()
    {
        if (!state.TryMove(ConnectionPhase.Sending, ConnectionPhase.Lingering, ConnectionLimits.LingerTime))
            return;
        await connection.ShutdownSendAsync().ConfigureAwait(false);
        gate.Connections.OnReplied();
    }

    /// <summary>
    /// Throws away what still comes, until the peer closes or its time is over: closing with bytes unread would send a reset, and a reset takes replies with it that the peer has not
    /// read yet (RFC 9112 9.6).
    /// </summary>
    public async Task LingerAsync()
    {
        if (state.Phase != ConnectionPhase.Lingering)
        {
            if (state.Phase == ConnectionPhase.Ended)
                return;
            await WaitForReplyAsideAsync().ConfigureAwait(false);
        }
        var buffer = ArrayPool<byte>.Shared.Rent(LingerBuffer);
        try
        {
            while (await connection.ReceiveAsync(buffer).ConfigureAwait(false) > 0)
            {
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Somebody has taken the connection to answer from the side, or is about to, and will say when that is done. The clock sees to its time while it is sent.</summary>
    private async Task WaitForReplyAsideAsync()
    {
        var sent = SentAside().Task;
        do
        {
            try
            {
                await sent.WaitAsync(ConnectionLimits.LingerTime, gate.Context.TimeProvider).ConfigureAwait(false);
            }
            catch (TimeoutException) when (state.Phase is ConnectionPhase.Sending or ConnectionPhase.Lingering)
            {
                // It is large, or taken slowly.
            }
        }
        while (!sent.IsCompleted);
    }

    private TaskCompletionSource SentAside()
    {
        if (Volatile.Read(ref _sentAside) is null)
            Interlocked.CompareExchange(ref _sentAside, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), null);
        return _sentAside!;
    }
}
