namespace JsonRpcLite.Tests;

/// <summary>A transport that does not listen: a test makes its exchanges itself.</summary>
internal sealed class BareTransport : ServerTransport
{
    public ServerTransportContext Context { get; private set; } = null!;

    protected internal override Uri Start(ServerTransportContext context)
    {
        Context = context;
        return new Uri("http://localhost/");
    }

    protected internal override ValueTask StopAsync(CancellationToken cancellationToken) => default;
}
