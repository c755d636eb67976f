using System.Net;

namespace JsonRpcLite;

/// <summary>The body of a request, which records whether it was read: before that, no server has the whole request.</summary>
internal sealed class RequestContent(ReadOnlyMemory<byte> body) : HttpContent
{
    /// <summary>Whether any part of the body may have been sent.</summary>
    public bool WasRead { get; private set; }

    protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        WasRead = true;
        stream.Write(body.Span);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        WasRead = true;
        return stream.WriteAsync(body, cancellationToken).AsTask();
    }

    protected override Task<Stream> CreateContentReadStreamAsync()
    {
        WasRead = true;
        return base.CreateContentReadStreamAsync();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }
}
