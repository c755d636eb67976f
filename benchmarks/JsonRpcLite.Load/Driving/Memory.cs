namespace JsonRpcLite.Load;

/// <summary>A transport without a wire: the caller passes its exchanges to it.</summary>
internal sealed class MemoryTransport : ServerTransport
{
    public ServerTransportContext Context { get; private set; } = null!;

    protected override Uri Start(ServerTransportContext context)
    {
        Context = context;
        return new Uri("http://localhost/");
    }

    protected override ValueTask StopAsync(CancellationToken cancellationToken) => default;
}

/// <summary>One caller's exchange, reused for each of its calls.</summary>
internal sealed class MemoryExchange(ServerTransportContext context) : HttpExchange(context.Limits)
{
    private int _replied;

    /// <summary>Makes a call, and blocks the thread until the reply is complete.</summary>
    public void Call(byte[] request)
    {
        RequestHeaders.AddUnchecked("Host", "localhost");
        RequestHeaders.AddUnchecked("Content-Type", "application/json");
        RequestBody = request;
        ContentLength = request.Length;
        var serving = context.ServeAsync(this, CancellationToken.None);
        var outcome = serving.IsCompletedSuccessfully ? serving.Result : serving.AsTask().GetAwaiter().GetResult();
        if (outcome != ExchangeOutcome.ConnectionKept || _replied == 0 || !TryReset())
            throw new InvalidOperationException("The call has no reply.");
        _replied = 0;
    }

    protected override ValueTask SendAsync(HttpResponseHead head, ReadOnlyMemory<byte> body, ReplyPart part)
    {
        _replied = head.StatusCode == 200 ? body.Length : 0;
        return default;
    }
}
