using System.Buffers;

namespace JsonRpcLite;

/// <summary>
/// How a connection comes to its end: the replies that another thread than its flow sends, which are always the last, and what there is to wait for after a last reply. Also the
/// 100 (Continue), which must not cross one.
/// </summary>
internal sealed class LastReply(ServerConnection connection, ConnectionGate gate)
{
    private const int LingerBuffer = 4096;

    /// <summary>Ends when an early reply or a refusal was sent, or cannot be any more. Made by whichever thread comes first: the sender's or the flow's.</summary>
    private TaskCompletionSource? _sentEarly;

    /// <summary>Ends when the 100 (Continue) was sent. Written by the flow, read by the sender of an early reply.</summary>
    private TaskCompletionSource? _continue;

    /// <summary>Tells a client that holds its body back to send it (RFC 9110 10.1.1).</summary>
    public async ValueTask SendContinueAsync()
    {
        // An early reply may want to be sent at the same time. The flow writes _continue, by a full fence, and then reads the phase; the thread of the early reply moves the phase
        // and then reads _continue. So either that thread waits for the 100, or the flow does not send it.
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
    /// Sends a last reply that is not the flow's, if the connection may still be taken for it. The flow goes on until it notices, and then lingers, or closes when there is nothing
    /// to wait for.
    /// </summary>
    /// <param name="begins">Which kind of reply: its row of the table must be there.</param>
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

    /// <summary>Makes a refusal and sends it, of a connection whose phase is <see cref="ConnectionPhase.Refusing"/>.</summary>
    public async Task RefuseAsync(int statusCode, string message)
    {
        var exchange = gate.Exchanges.Rent();
        exchange.BeginRefusal(connection);
        await gate.Context.RefuseAsync(exchange, statusCode, message).ConfigureAwait(false);
        if (exchange.TryEnd(keepsInput: false))
            gate.Exchanges.Return(exchange);
    }

    /// <summary>After the last reply: says that there is no more, and sets the peer a time to close its side. Does nothing where the reply was not the caller's.</summary>
    public async ValueTask EndSendingAsync(ConnectionEvent sent)
    {
        if (!connection.TryMove(sent))
            return;
        await connection.ShutdownSendAsync().ConfigureAwait(false);
        gate.Connections.OnReplied();
    }

    /// <summary>
    /// Throws away what still comes, until the peer closes or its time is over: closing with bytes unread would send a reset, and a reset takes replies with it that the peer has
    /// not read yet (RFC 9112 9.6).
    /// </summary>
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

    /// <summary>When the connection is closed: nobody has to wait for a reply any more.</summary>
    public void OnClosed() => Volatile.Read(ref _sentEarly)?.TrySetResult();

    /// <summary>Another thread sends an early reply or a refusal, or is about to, and will say when that is done. The clock sees to its time while it is sent.</summary>
    private async Task WaitForEarlyReplyAsync()
    {
        // Against the thread that closes the connection: it moves the phase and then reads _sentEarly; the flow has _sentEarly made, and then reads the phase.
        var sent = SentEarly().Task;
        while (!connection.IsClosed && !sent.IsCompleted)
        {
            try
            {
                await sent.WaitAsync(ConnectionLimits.LingerTime, gate.Context.TimeProvider).ConfigureAwait(false);
            }
            catch (TimeoutException) when (connection.Phase is ConnectionPhase.SendingEarly or ConnectionPhase.Lingering)
            {
                // It is large, or taken slowly.
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
