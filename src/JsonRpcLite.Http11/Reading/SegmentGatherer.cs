using System.Buffers;

namespace JsonRpcLite.Http11;

// Lets the reader, which needs each line and head in one piece, read input that comes in segments. What lies within a segment is read in place. Only if the reader needs more
// than a segment contains, its bytes are copied into a reused buffer, together with at most as much again of what follows. They stay there until their event is complete. The
// reader keeps offsets into the bytes that it has seen, so it never gets fewer bytes than before, however the caller splits its segments. The end of the copy in the caller's
// segments is kept, so that each further segment of a long head does not cost a walk from the beginning.
internal sealed class SegmentGatherer(MessageReader reader)
{
    private const int Least = 64;

    private byte[] _buffer = [];
    private int _gathered;
    private int _seen;
    private bool _holdsWhatWasRead;
    private SequencePosition _start;
    private SequencePosition _end;

    public void Reset()
    {
        _gathered = 0;
        _seen = 0;
        _start = default;
        _end = default;
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
            if (kind is Http11EventKind.Request or Http11EventKind.Response or Http11EventKind.InformationalResponse)
                _holdsWhatWasRead = false;
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
                _holdsWhatWasRead |= kind != Http11EventKind.Data;
                Reset();
                return kind;
            }
            if (consumed > 0)
            {
                // The framing of a chunk was consumed, but its data has not arrived.
                _buffer.AsSpan(consumed, _gathered - consumed).CopyTo(_buffer);
                _gathered -= consumed;
                _start = input.Start;
            }
            _seen = _gathered;
            if (isAll)
                return kind;
        }
    }

    private void Gather(in ReadOnlySequence<byte> input)
    {
        if (_holdsWhatWasRead)
        {
            reader.ForgetBytes();
            _holdsWhatWasRead = false;
        }
        var known = Math.Max(_gathered, _seen);
        var size = (int)Math.Min(input.Length, (long)known + Math.Max(known, Least));
        if (_buffer.Length < size)
            Array.Resize(ref _buffer, Math.Max(size, _buffer.Length * 2));
        if (size > _gathered)
        {
            var more = input.Slice(EndOfGathered(input), size - _gathered);
            more.CopyTo(_buffer.AsSpan(_gathered));
            _end = more.End;
        }
        _start = input.Start;
        _gathered = size;
    }

    /// <summary>Gets the position of the next bytes: as stored, if the caller's first segment is the same; otherwise by walking.</summary>
    private SequencePosition EndOfGathered(in ReadOnlySequence<byte> input)
    {
        var isRemembered = _gathered > 0 && _start.Equals(input.Start)
            && _start.GetObject() is ReadOnlySequenceSegment<byte> first && _end.GetObject() is ReadOnlySequenceSegment<byte> last
            && last.RunningIndex + _end.GetInteger() - first.RunningIndex - _start.GetInteger() == _gathered
            && _end.GetInteger() <= last.Memory.Length;
        return isRemembered ? _end : input.GetPosition(_gathered);
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
