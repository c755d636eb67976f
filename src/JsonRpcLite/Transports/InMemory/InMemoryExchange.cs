using System.Globalization;
using System.IO.Pipelines;

namespace JsonRpcLite;

/// <summary>The server side of an in-memory exchange: a copy of the client's request, and its own reply.</summary>
internal sealed class InMemoryExchange : HttpExchange
{
    private readonly TaskCompletionSource<InMemoryReply> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ReadOnlyMemory<byte> _body;
    private readonly ServerTransportContext _transport;

    /// <summary>The pipe for a reply in pieces; a piece counts as read when the client has read it.</summary>
    private volatile Pipe? _pieces;
    private volatile bool _isAborted;

    /// <summary>The source that the client or the stop cancels.</summary>
    /// <remarks>It is not disposed: it has no timer, and may be cancelled after the exchange has ended.</remarks>
    private readonly CancellationTokenSource _gone = new();

    public InMemoryExchange(ServerTransportContext transport, HttpExchange client)
        : base(transport.Limits)
    {
        _transport = transport;
        Method = client.Method;
        Target = client.Target;
        ProtocolVersion = client.ProtocolVersion;
        client.RequestHeaders.CopyTo(RequestHeaders);
        if (!RequestHeaders.Contains("Host") && client.Address is { } address)
            RequestHeaders["Host"] = SiteName.OfAddress(address);
        _body = client.RequestBody.ToArray();
        ContentLength = client.ContentLength ?? _body.Length;
    }

    public Task<InMemoryReply> Replied => _reply.Task;

    /// <summary>Cancels the function, and then ends the client's wait, both on other threads.</summary>
    /// <remarks>
    /// One callback does both. With two callbacks, the client's could run first and continue with the caller's code, and the end of the call would then remove the other before
    /// it ran.
    /// </remarks>
    public void GiveUp(CancellationToken cancellationToken)
    {
        _ = _gone.CancelAsync();
        _reply.TrySetCanceled(cancellationToken);
    }

    /// <param name="server">The context of the server.</param>
    /// <param name="stopped">Cancelled when the server has stopped.</param>
    public async Task ServeAsync(ServerTransportContext server, CancellationToken stopped)
    {
        using var byStop = stopped.UnsafeRegister(static source => _ = ((CancellationTokenSource)source!).CancelAsync(), _gone);
        try
        {
            await server.ServeAsync(this, _gone.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _reply.TrySetException(e);
        }
    }

    protected override async ValueTask<ReadOnlyMemory<byte>> ReadBodyCoreAsync(CancellationToken cancellationToken)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        return _body;
    }

    protected override bool CanStream => true;

    protected internal override void Abort()
    {
        // Two threads meet here: the one that begins to send writes _pieces and then reads _isAborted; this one writes _isAborted and then reads _pieces. Both have a full fence
        // in between, so at least one sees the other's write.
        _isAborted = true;
        Interlocked.MemoryBarrier();
        var failure = new IOException("The server has cut the stream off.");
        _pieces?.Writer.Complete(failure);
        _reply.TrySetException(failure);
    }

    /// <summary>Adds the framing header fields, as any transport does.</summary>
    protected internal override ValueTask SendAsync(HttpResponseHead head, ReadOnlyMemory<byte> body, ReplyPart part)
    {
        if (part != ReplyPart.Whole)
            return SendPartAsync(head, body, part);
        if (head.ContentLength is { } length)
            head.Headers["Content-Length"] = length.ToString(CultureInfo.InvariantCulture);
        if (head.EndsConnection)
            head.Headers["Connection"] = "close";
        _reply.TrySetResult(new InMemoryReply(head.StatusCode, head.Headers, head.IsEarly ? body : body.ToArray(), Pieces: null));
        return default;
    }

    private async ValueTask SendPartAsync(HttpResponseHead head, ReadOnlyMemory<byte> body, ReplyPart part)
    {
        if (part == ReplyPart.First)
        {
            _pieces = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
            Interlocked.MemoryBarrier();
            if (_isAborted)
                throw new IOException("The stream was cut off before it began.");
            // This is a copy, since the client reads it while the server still uses its own.
            var fields = new HeaderFields();
            head.Headers.CopyTo(fields);
            fields.AddUnchecked("Transfer-Encoding", "chunked");
            _reply.TrySetResult(new InMemoryReply(head.StatusCode, fields, Body: default, new InMemoryReplyStream(_pieces.Reader, () => OnPeerGone())));
        }
        if (!body.IsEmpty)
        {
            var time = _transport.Limits.TimeToTake(body.Length);
            var taken = await _pieces!.Writer.WriteAsync(body, CancellationToken.None).AsTask().WaitAsync(time, _transport.TimeProvider).ConfigureAwait(false);
            if (taken.IsCompleted)
                throw new IOException("The client has left the stream.");
        }
        if (part == ReplyPart.Last)
            await _pieces!.Writer.CompleteAsync().ConfigureAwait(false);
    }
}

/// <summary>An in-memory reply.</summary>
/// <param name="StatusCode">The status.</param>
/// <param name="Fields">The header fields.</param>
/// <param name="Body">The body; empty for a reply in pieces.</param>
/// <param name="Pieces">The body of a reply in pieces; <c>null</c> for a whole reply.</param>
internal sealed record InMemoryReply(int StatusCode, HeaderFields Fields, ReadOnlyMemory<byte> Body, Stream? Pieces);
