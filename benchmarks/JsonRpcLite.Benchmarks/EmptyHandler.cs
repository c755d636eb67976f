using Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http;

namespace JsonRpcLite.Benchmarks;

/// <summary>Does nothing with what Kestrel's parser finds: the parser alone is the measure.</summary>
public sealed class EmptyHandler : IHttpHeadersHandler, IHttpRequestLineHandler
{
    /// <inheritdoc/>
    public void OnStartLine(HttpVersionAndMethod versionAndMethod, TargetOffsetPathLength targetPath, Span<byte> startLine)
    {
    }

    /// <inheritdoc/>
    public void OnHeader(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
    }

    /// <inheritdoc/>
    public void OnHeadersComplete(bool endStream)
    {
    }

    /// <inheritdoc/>
    public void OnStaticIndexedHeader(int index)
    {
    }

    /// <inheritdoc/>
    public void OnStaticIndexedHeader(int index, ReadOnlySpan<byte> value)
    {
    }
}
