using Microsoft.AspNetCore.Server.Kestrel.Core.Internal.Http;

namespace JsonRpcLite.Benchmarks;

/// <summary>Ignores what Kestrel's parser finds, so that only the parser is measured.</summary>
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
