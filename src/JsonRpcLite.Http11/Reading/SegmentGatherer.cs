using System.Buffers;

namespace JsonRpcLite.Http11;

// Lets the reader, which wants each line and head in one piece, read input that comes in segments. What lies within a segment is read
// where it lies. Only when the reader asks for more than a segment holds are its bytes copied, together with a bounded piece of what
// follows, into a buffer that is used again; they stay there until the event they belong to is complete. The reader keeps offsets into
// what it has seen; so however the caller cuts its segments, it is never shown less than before.
internal sealed class SegmentGatherer(MessageReader reader)
{
    private const int Piece = 4096;

    private byte[] _buffer = [];
    private int _gathered;
    private int _seen;

    public void Reset()
    {
        _gathered = 0;
        _seen = 0;
    }

    public Http11EventKind Read(ref ReadOnlySequence<byte> input, bool endOfInput)
    {
        while (_gathered == 0)
        {
            var first = FirstFilled(input);
            if (first.Length < _seen)
                break;
            var isAll = first.Length == input.Length;
            var kind = reader.Read(first, endOfInput && isAll, out var consumed);
            if (consumed > 0)
                input = input.Slice(consumed);
            _seen = kind == Http11EventKind.NeedData ? first.Length - consumed : 0;
            if (kind != Http11EventKind.NeedData || isAll)
                return kind;
            if (_seen > 0)
                break;
        }
        return ReadGathered(ref input, endOfInput);
    }

    private Http11EventKind ReadGathered(ref ReadOnlySequence<byte> input, bool endOfInput)
    {
        while (true)
        {
            Gather(input);
            var isAll = _gathered == input.Length;
            var kind = reader.Read(_buffer.AsMemory(0, _gathered), endOfInput && isAll, out var consumed);
            if (consumed > 0)
                input = input.Slice(consumed);
            if (kind != Http11EventKind.NeedData)
            {
                Reset();
                return kind;
            }
            if (consumed > 0)
            {
                // The framing of a chunk went, its data is still to come.
                _buffer.AsSpan(consumed, _gathered - consumed).CopyTo(_buffer);
                _gathered -= consumed;
            }
            _seen = _gathered;
            if (isAll)
                return kind;
        }
    }

    private void Gather(ReadOnlySequence<byte> input)
    {
        var size = (int)Math.Min(input.Length, (long)Math.Max(_gathered, _seen) + Piece);
        if (_buffer.Length < size)
            Array.Resize(ref _buffer, Math.Max(size, _buffer.Length * 2));
        if (size > _gathered)
            input.Slice(_gathered, size - _gathered).CopyTo(_buffer.AsSpan(_gathered));
        _gathered = size;
    }

    private static ReadOnlyMemory<byte> FirstFilled(in ReadOnlySequence<byte> input)
    {
        if (input.IsSingleSegment)
            return input.First;
        foreach (var segment in input)
            if (!segment.IsEmpty)
                return segment;
        return default;
    }
}
