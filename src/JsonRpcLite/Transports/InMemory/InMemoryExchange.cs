using System.Globalization;

namespace JsonRpcLite;

/// <summary>The server's end of an exchange in memory: a copy of what the client sent, and a reply of its own.</summary>
internal sealed class InMemoryExchange : HttpExchange
{
    private readonly TaskCompletionSource<EarlyReply> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ReadOnlyMemory<byte> _body;

    public InMemoryExchange(ServerTransportContext transport, HttpExchange client)
        : base(transport.Limits)
    {
        Method = client.Method;
        Target = client.Target;
        ProtocolVersion = client.ProtocolVersion;
        client.RequestFields.CopyTo(RequestFields);
        if (!RequestFields.Contains("Host") && client.Address is { } address)
            RequestFields["Host"] = SiteName.OfAddress(address);
        _body = client.RequestBody.ToArray();
        ContentLength = client.ContentLength ?? _body.Length;
    }

    public Task<EarlyReply> Replied => _reply.Task;

    /// <param name="server">Answers.</param>
    /// <param name="clientGone">Cancelled when the client gives up.</param>
    /// <param name="stopped">Cancelled when the server has stopped.</param>
    public async Task ServeAsync(ServerTransportContext server, CancellationToken clientGone, CancellationToken stopped)
    {
        // A source of its own, cancelled from the side: what the server's functions do when they are cancelled is no part of the client's cancelling.
        using var gone = new CancellationTokenSource();
        using var byClient = clientGone.UnsafeRegister(static source => _ = ((CancellationTokenSource)source!).CancelAsync(), gone);
        using var byStop = stopped.UnsafeRegister(static source => _ = ((CancellationTokenSource)source!).CancelAsync(), gone);
        try
        {
            await server.ServeAsync(this, gone.Token).ConfigureAwait(false);
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

    /// <summary>Adds the fields of the framing, as any transport does.</summary>
    protected internal override ValueTask SendAsync(HttpResponseHead head, ReadOnlyMemory<byte> body)
    {
        if (head.ContentLength is { } length)
            head.Fields["Content-Length"] = length.ToString(CultureInfo.InvariantCulture);
        if (head.EndsConnection)
            head.Fields["Connection"] = "close";
        _reply.TrySetResult(new EarlyReply(head.StatusCode, head.Fields, head.IsEarly ? body : body.ToArray()));
        return default;
    }
}
