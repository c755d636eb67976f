using System.Buffers;

namespace JsonRpcLite;

/// <summary>Reads a stream of events (HTML Living Standard, 9.2.6) from blocks of any size, without doing any I/O.</summary>
/// <remarks>It reads only the data of an event. Not thread-safe.</remarks>
/// <param name="maxLength">The maximum size of an event in bytes.</param>
internal sealed class EventReader(int maxLength)
{
    private const int Room = 4096;

    private readonly BodyBuffer _data = new(maxLength);
    private byte[] _input = [];
    private int _begin;
    private int _end;

    /// <summary>The position up to which the line at <see cref="_begin"/> was searched.</summary>
    private int _seen;

    private bool _isFirstLine = true;
    private bool _hasData;

    /// <summary>Whether the last line ended with a carriage return, so that a following line feed belongs to it.</summary>
    private bool _skipsLineFeed;

    /// <summary>The data of the current event; valid until the next one is read.</summary>
    public ReadOnlyMemory<byte> Data => _data.WrittenMemory;

    /// <summary>Returns the memory for the next received bytes.</summary>
    public Memory<byte> GetRoom()
    {
        if (_begin == _end)
            _begin = _end = _seen = 0;
        if (_input.Length - _end < Room / 2)
            MakeRoom();
        return _input.AsMemory(_end);
    }

    /// <summary>Adds received bytes, which are already in the memory.</summary>
    public void Fill(int count) => _end += count;

    /// <summary>Reads the next event; returns <c>false</c> if more bytes are needed.</summary>
    /// <exception cref="BodyTooLargeException">An event or a line exceeds the limit.</exception>
    public bool TryRead()
    {
        if (_hasData is false)
            _data.Clear();
        while (TryReadLine(out var line))
        {
            if (!line.IsEmpty)
            {
                Take(line);
                continue;
            }
            // An event without data is ignored.
            if (!_hasData)
                continue;
            _hasData = false;
            return true;
        }
        return false;
    }

    /// <summary>Returns the memory to the pool.</summary>
    /// <remarks><see cref="Data"/> must not be in use any more.</remarks>
    public void Release()
    {
        BodyArrays.Return(_input);
        _input = [];
        _begin = _end = _seen = 0;
        _data.Release();
    }

    private bool TryReadLine(out ReadOnlySpan<byte> line)
    {
        line = default;
        if (_skipsLineFeed && _begin < _end)
        {
            _skipsLineFeed = false;
            if (_input[_begin] == '\n')
                _seen = ++_begin;
        }
        _seen = Math.Max(_seen, _begin);
        var length = _input.AsSpan(_seen, _end - _seen).IndexOfAny((byte)'\n', (byte)'\r');
        if (length < 0)
        {
            _seen = _end;
            if (_end - _begin > maxLength)
                throw new BodyTooLargeException(maxLength);
            return false;
        }
        var end = _seen + length;
        line = _input.AsSpan(_begin, end - _begin);
        _skipsLineFeed = _input[end] == '\r';
        _begin = _seen = end + 1;
        if (_isFirstLine)
        {
            _isFirstLine = false;
            line = JsonText.WithoutMark(line);
        }
        return true;
    }

    private void Take(ReadOnlySpan<byte> line)
    {
        // A comment begins with a colon. Other fields (event, id, retry) are ignored.
        var colon = line.IndexOf((byte)':');
        if (!(colon < 0 ? line : line[..colon]).SequenceEqual("data"u8))
            return;
        var value = colon < 0 ? default : line[(colon + 1)..];
        if (value.StartsWith(" "u8))
            value = value[1..];
        if (_hasData)
            _data.Write("\n"u8);
        _data.Write(value);
        _hasData = true;
    }

    private void MakeRoom()
    {
        var held = _end - _begin;
        var target = held + Room > _input.Length ? BodyArrays.Rent(Math.Max(2 * held, 2 * Room)) : _input;
        _input.AsSpan(_begin, held).CopyTo(target);
        if (target != _input)
            BodyArrays.Return(_input);
        (_input, _seen, _begin, _end) = (target, _seen - _begin, 0, held);
    }
}
