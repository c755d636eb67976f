using System.Text;

namespace JsonRpcLite.Http11;

/// <summary>A part of a body, owned.</summary>
/// <param name="Bytes">The bytes. The division of a body into parts has no meaning.</param>
/// <param name="ChunkStart">Whether this part begins a chunk. For debugging only; ignored when sent.</param>
/// <param name="ChunkEnd">Whether this part ends a chunk. For debugging only; ignored when sent.</param>
public sealed record Http11Data(ReadOnlyMemory<byte> Bytes, bool ChunkStart = false, bool ChunkEnd = false) : Http11Event
{
    /// <inheritdoc/>
    public override Http11EventKind Kind => Http11EventKind.Data;

    /// <summary>Whether the other part has the same bytes and marks.</summary>
    /// <param name="other">The other part.</param>
    public bool Equals(Http11Data? other) =>
        other is not null && ChunkStart == other.ChunkStart && ChunkEnd == other.ChunkEnd && Bytes.Span.SequenceEqual(other.Bytes.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Bytes.Length, ChunkStart, ChunkEnd);

    /// <summary>The part on one line, each byte as a Latin-1 character.</summary>
    public override string ToString() =>
        $"Data(data={Encoding.Latin1.GetString(Bytes.Span)}, chunkStart={ChunkStart}, chunkEnd={ChunkEnd})";
}
