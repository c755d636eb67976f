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
            RequestFields["Host"] = address.Authority;
        _body = client.RequestBody.ToArray();
        ContentLength = client.ContentLength ?? _body.Length;
    }

    public Task<EarlyReply> Reply => _reply.Task;

    public async Task ServeAsync(HttpExchangeHandler handler, CancellationToken cancellationToken)
    {
        try
        {
            await handler(this, cancellationToken).ConfigureAwait(false);
            if (TryBeginReply())
                SetReply(StatusCode, ResponseFields, ResponseBody.WrittenSpan.ToArray(), CloseConnection);
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
        SetReply(statusCode, fields, body, isLast: true);
        return default;
    }

    /// <summary>Adds the fields of the framing, as any transport does.</summary>
    private void SetReply(int statusCode, HttpFields fields, ReadOnlyMemory<byte> body, bool isLast)
    {
        if (statusCode is not (204 or 304))
            fields["Content-Length"] = body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (isLast)
            fields["Connection"] = "close";
        _reply.TrySetResult(new EarlyReply(statusCode, fields, body));
    }
}
