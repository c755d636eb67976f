using System.Globalization;

namespace JsonRpcLite;

/// <summary>The server's end of an exchange in memory: a copy of what the client sent, and a reply of its own.</summary>
internal sealed class InMemoryExchange : HttpExchange
{
    private readonly TaskCompletionSource<EarlyReply> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ReadOnlyMemory<byte> _body;

    /// <summary>Not disposed: it has no timer, and may be cancelled when the exchange has ended.</summary>
    private readonly CancellationTokenSource _gone = new();

    public InMemoryExchange(ServerTransportContext transport, HttpExchange client)
        : base(transport.Limits)
    {
        Method = client.Method;
        Target = client.Target;
        ProtocolVersion = client.ProtocolVersion;
        client.RequestHeaders.CopyTo(RequestHeaders);
        if (!RequestHeaders.Contains("Host") && client.Address is { } address)
            RequestHeaders["Host"] = SiteName.OfAddress(address);
        _body = client.RequestBody.ToArray();
        ContentLength = client.ContentLength ?? _body.Length;
    }

    public Task<EarlyReply> Replied => _reply.Task;

    /// <summary>
    /// The client gives up: cancels the function, and then ends the client's wait, both on other threads. One callback does both. Of two, the client's could run first, go on with the caller's code in it,
    /// and with the end of the call the other would never run.
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

    /// <summary>Adds the fields of the framing, as any transport does.</summary>
    protected internal override ValueTask SendAsync(HttpResponseHead head, ReadOnlyMemory<byte> body)
    {
        if (head.ContentLength is { } length)
            head.Headers["Content-Length"] = length.ToString(CultureInfo.InvariantCulture);
        if (head.EndsConnection)
            head.Headers["Connection"] = "close";
        _reply.TrySetResult(new EarlyReply(head.StatusCode, head.Headers, head.IsEarly ? body : body.ToArray()));
        return default;
    }
}
