using System.Globalization;
using System.IO.Pipelines;

namespace JsonRpcLite;

/// <summary>The server's end of an exchange in memory: a copy of what the client sent, and a reply of its own.</summary>
internal sealed class InMemoryExchange : HttpExchange
{
    private readonly TaskCompletionSource<InMemoryReply> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ReadOnlyMemory<byte> _body;
    private readonly ServerTransportContext _transport;

    /// <summary>Of a reply in pieces: where they go. A piece is taken when the client has read it.</summary>
    private volatile Pipe? _pieces;
    private volatile bool _isAborted;

    /// <summary>Not disposed: it has no timer, and may be cancelled when the exchange has ended.</summary>
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

    /// <summary>
    /// The client gives up: cancels the function, and then ends the client's wait, both on other threads. One callback does both. Of two, the client's could run first, go on with
    /// the caller's code in it, and with the end of the call the other would never run.
    /// </summary>
    public void GiveUp(CancellationToken cancellationToken)
    {
        _ = _gone.CancelAsync();
        _reply.TrySetCanceled(cancellationToken);
    }

    /// <param name="server">Answers.</param>
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
        // Against the flow that begins to send: it sets _pieces and then reads _isAborted; here it is the other way round.
        _isAborted = true;
        Interlocked.MemoryBarrier();
        var failure = new IOException("The server has cut the stream off.");
        _pieces?.Writer.Complete(failure);
        _reply.TrySetException(failure);
    }

    /// <summary>Adds the fields of the framing, as any transport does.</summary>
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
            // A copy: the client reads it while the server still has its own.
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

/// <summary>A reply on its way in memory.</summary>
/// <param name="StatusCode">The status.</param>
/// <param name="Fields">The header fields.</param>
/// <param name="Body">The body; empty where it comes in pieces.</param>
/// <param name="Pieces">The body that comes in pieces; <c>null</c> where it is whole.</param>
internal sealed record InMemoryReply(int StatusCode, HeaderFields Fields, ReadOnlyMemory<byte> Body, Stream? Pieces);
