using System.Buffers;

namespace JsonRpcLite.Http11.Tests;

/// <summary>The caller's own segments, one for each piece that arrived. The unread rest keeps its segments.</summary>
internal sealed class SegmentedSource : ISource
{
    private readonly List<byte[]> _segments = [];

    public bool IsEnded { get; private set; }

    public void Add(Http11Connection connection, byte[] piece) => _segments.Add(piece);

    public void End(Http11Connection connection) => IsEnded = true;

    public Http11EventKind Next(Http11Connection connection)
    {
        var input = Segments.Of(_segments);
        var before = input.Length;
        var kind = connection.Read(ref input, IsEnded);
        var consumed = before - input.Length;
        if (kind == Http11EventKind.Data)
            connection.Data.Length.Should().BeLessThanOrEqualTo((int)consumed);
        while (consumed > 0)
        {
            var count = (int)Math.Min(consumed, _segments[0].Length);
            consumed -= count;
            if (count == _segments[0].Length)
                _segments.RemoveAt(0);
            else
                _segments[0] = _segments[0][count..];
        }
        return kind;
    }

    public byte[] Unread(Http11Connection connection) => [.. _segments.SelectMany(s => s)];
}
