using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>The body of an event stream that is still coming. Read to its end, its connection is kept for other calls.</summary>
/// <param name="call">The call, whose head has been read.</param>
/// <param name="end">Takes the connection back; its second argument says whether the whole reply was read.</param>
internal sealed class LiveReply(WireCall call, Action<ClientConnection, bool> end) : ReplyStream
{
    private ClientConnection? _connection;
    private bool _isWhole;

    /// <summary>Whether the connection is the stream's.</summary>
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

    /// <summary>Whether the reply is whole after all: the last message nearly always came together with the end mark, which a reader of messages does not ask for.</summary>
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
