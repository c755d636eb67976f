using System.Buffers;

namespace JsonRpcLite.Http11.Tests;

/// <summary>Makes a sequence of the given segments, empty ones included.</summary>
internal static class Segments
{
    public static ReadOnlySequence<byte> Of(IReadOnlyList<byte[]> pieces)
    {
        if (pieces.Count == 0)
            return ReadOnlySequence<byte>.Empty;
        Segment first = new(pieces[0], 0);
        var last = first;
        for (var i = 1; i < pieces.Count; i++)
            last = last.Append(pieces[i]);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <summary>One-byte segments of a text, more and more of them, always from the same first one, as a pipe returns bytes that arrive slowly.</summary>
    public static IEnumerable<ReadOnlySequence<byte>> Growing(byte[] bytes)
    {
        Segment first = new([bytes[0]], 0);
        var last = first;
        for (var i = 1; i <= bytes.Length; i++)
        {
            yield return new ReadOnlySequence<byte>(first, 0, last, 1);
            if (i < bytes.Length)
                last = last.Append([bytes[i]]);
        }
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes, long index)
        {
            Memory = bytes;
            RunningIndex = index;
        }

        public Segment Append(byte[] bytes)
        {
            var next = new Segment(bytes, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
