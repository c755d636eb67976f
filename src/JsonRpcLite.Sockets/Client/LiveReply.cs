using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>The body of an event stream that is still being received.</summary>
/// <remarks>Once it is read to its end, other calls reuse the connection.</remarks>
/// <param name="call">The call, whose head has been read.</param>
/// <param name="end">Takes the connection back. The second argument is whether the whole reply was read.</param>
internal sealed class LiveReply(WireCall call, Action<ClientConnection, bool> end) : ReplyStream
{
    private ClientConnection? _connection;
    private bool _isWhole;

    /// <summary>Whether the stream owns a connection.</summary>
    public bool IsOpen => _connection is not null;

    public void Begin(ClientConnection connection) => _connection = connection;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        var taken = call.Take(buffer.Span);
        if (taken > 0 || _isWhole)
            return taken;
        cancellationToken.ThrowIfCancellationRequested();
        var connection = _connection!;
        var cancelled = cancellationToken.UnsafeRegister(static c => ((ClientConnection)c!).Abort(), connection);
        try
        {
            while (true)
            {
                _isWhole = call.TryRead();
                taken = call.Take(buffer.Span);
                if (taken > 0 || _isWhole)
                    return taken;
                call.Fill(await connection.Wire.ReceiveAsync(call.GetRoom()).ConfigureAwait(false));
            }
        }
        catch (Exception e) when (WireFailure.Translate(e, cancellationToken) is { } translated)
        {
            throw translated;
        }
        finally
        {
            await cancelled.DisposeAsync().ConfigureAwait(false);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _connection, null) is { } connection)
            end(connection, _isWhole || HasEnded());
        base.Dispose(disposing);
    }

    /// <summary>Whether the reply is complete although the reader has not asked for its end.</summary>
    /// <remarks>The end mark nearly always arrives together with the last message, and a reader of messages does not ask for it.</remarks>
    private bool HasEnded()
    {
        try
        {
            return call.IsTaken && call.TryRead();
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return false;
        }
    }
}
