using System.Buffers;

namespace JsonRpcLite;

/// <summary>The end of a connection: replies that another thread than the flow sends, which are always the last, and lingering.</summary>
/// <remarks>It also sends the 100 (Continue), which must not overlap with an early reply.</remarks>
internal sealed class LastReply(ServerConnection connection, ConnectionGate gate)
{
    private const int LingerBuffer = 4096;

    /// <summary>Completes when an early reply or a refusal was sent, or cannot be sent any more.</summary>
    /// <remarks>Created by the sender's thread or by the flow's, whichever comes first.</remarks>
    private TaskCompletionSource? _sentEarly;

    /// <summary>Completes when the 100 (Continue) was sent.</summary>
    /// <remarks>Written by the flow, read by the sender of an early reply.</remarks>
    private TaskCompletionSource? _continue;

    /// <summary>Sends 100 (Continue) to a client that waits for it before it sends its body (RFC 9110 10.1.1).</summary>
    public async ValueTask SendContinueAsync()
    {
        // An early reply may be due at the same time. The flow writes _continue, by a full fence, and then reads the phase; the thread of the early reply moves the phase and
        // then reads _continue. So either that thread waits for the 100, or the flow does not send it.
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

    /// <summary>Sends a last reply on another thread than the flow, if the connection is still in the right phase.</summary>
    /// <remarks>The flow continues until it notices. Then it lingers, or closes if there is nothing to wait for.</remarks>
    /// <param name="begins">The event for this kind of reply. The table must have a row for it.</param>
    /// <param name="reply">Head and body.</param>
    public async Task SendEarlyAsync(ConnectionEvent begins, ReadOnlyMemory<byte> reply)
    {
        if (!connection.TryMove(begins))
            return;
        try
        {
            if (Volatile.Read(ref _continue) is { } sending)
                await sending.Task.ConfigureAwait(false);
            await connection.SendAsync(reply).ConfigureAwait(false);
            await EndSendingAsync(ConnectionEvent.EarlyReplySent).ConfigureAwait(false);
        }
        catch (Exception e) when (ServerConnection.IsOfThePeer(e))
        {
            connection.Close();
        }
        finally
        {
            SentEarly().TrySetResult();
        }
    }

    /// <summary>Makes and sends a refusal on a connection in the phase <see cref="ConnectionPhase.Refusing"/>.</summary>
    public async Task RefuseAsync(int statusCode, string message)
    {
        var exchange = gate.Exchanges.Rent();
        exchange.BeginRefusal(connection);
        await gate.Context.RefuseAsync(exchange, statusCode, message).ConfigureAwait(false);
        if (exchange.TryEnd(keepsInput: false))
            gate.Exchanges.Return(exchange);
    }

    /// <summary>Shuts down the sending side after the last reply, and gives the peer time to close its side.</summary>
    /// <remarks>It does nothing if another thread has sent the last reply.</remarks>
    public async ValueTask EndSendingAsync(ConnectionEvent sent)
    {
        if (!connection.TryMove(sent))
            return;
        await connection.ShutdownSendAsync().ConfigureAwait(false);
        gate.Connections.OnReplied();
    }

    /// <summary>Discards further input until the peer closes or the deadline passes.</summary>
    /// <remarks>Closing with unread input would send a reset, and a reset can destroy replies that the peer has not read yet (RFC 9112 9.6).</remarks>
    public async Task LingerAsync()
    {
        if (!connection.IsClosed && connection.Phase != ConnectionPhase.Lingering)
            await WaitForEarlyReplyAsync().ConfigureAwait(false);
        if (connection.IsClosed)
            return;
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

    /// <summary>Called when the connection is closed: the flow need not wait for an early reply any more.</summary>
    public void OnClosed() => Volatile.Read(ref _sentEarly)?.TrySetResult();

    /// <summary>Waits until another thread has sent its early reply or refusal.</summary>
    /// <remarks>The clock enforces the time-out of that send.</remarks>
    private async Task WaitForEarlyReplyAsync()
    {
        // Against the thread that closes the connection: it moves the phase and then reads _sentEarly; the flow has created _sentEarly, and then reads the phase.
        var sent = SentEarly().Task;
        while (!connection.IsClosed && !sent.IsCompleted)
        {
            try
            {
                await sent.WaitAsync(ConnectionLimits.LingerTime, gate.Context.TimeProvider).ConfigureAwait(false);
            }
            catch (TimeoutException) when (connection.Phase is ConnectionPhase.SendingEarly or ConnectionPhase.Lingering)
            {
                // The reply is large, or the peer receives it slowly.
            }
        }
    }

    private TaskCompletionSource SentEarly()
    {
        if (Volatile.Read(ref _sentEarly) is null)
            Interlocked.CompareExchange(ref _sentEarly, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), null);
        return _sentEarly!;
    }
}
