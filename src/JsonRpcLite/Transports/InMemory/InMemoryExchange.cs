namespace JsonRpcLite;

/// <summary>The server's end of an exchange in memory: a copy of what the client sent, and a reply of its own.</summary>
internal sealed class InMemoryExchange : HttpExchange
{
    private readonly TaskCompletionSource<EarlyReply> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ReadOnlyMemory<byte> _body;

    public InMemoryExchange(ServerTransportContext transport, HttpExchange client)
        : base(transport)
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

    /// <param name="handler">Answers.</param>
    /// <param name="clientGone">Cancelled when the client gives up.</param>
    /// <param name="stopped">Cancelled when the server has stopped.</param>
    public async Task ServeAsync(HttpExchangeHandler handler, CancellationToken clientGone, CancellationToken stopped)
    {
        // A source of its own, cancelled from the side: what the server's functions do when they are cancelled is no part of the client's cancelling.
        using var gone = new CancellationTokenSource();
        using var byClient = clientGone.UnsafeRegister(static source => _ = ((CancellationTokenSource)source!).CancelAsync(), gone);
        using var byStop = stopped.UnsafeRegister(static source => _ = ((CancellationTokenSource)source!).CancelAsync(), gone);
        try
        {
            await handler(this, gone.Token).ConfigureAwait(false);
            if (TryBeginReply())
                SetReply(StatusCode, ResponseFields, ResponseBody.Length, ResponseBodyToSend.ToArray(), CloseConnection);
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

    protected override ValueTask ReplyEarlyAsync(int statusCode, HttpFields fields, ReadOnlyMemory<byte> body)
    {
        SetReply(statusCode, fields, body.Length, HasBody(statusCode) && Method != "HEAD" ? body : default, isLast: true);
        return default;
    }

    /// <summary>Adds the fields of the framing, as any transport does.</summary>
    private void SetReply(int statusCode, HttpFields fields, int length, ReadOnlyMemory<byte> body, bool isLast)
    {
        if (HasBody(statusCode))
            fields["Content-Length"] = length.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (isLast)
            fields["Connection"] = "close";
        _reply.TrySetResult(new EarlyReply(statusCode, fields, body));
    }
}
