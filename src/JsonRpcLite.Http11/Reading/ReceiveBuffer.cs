namespace JsonRpcLite.Http11;

/// <summary>The received bytes that were not read yet, in one piece.</summary>
/// <remarks>
/// Reading moves the front. Room is made by moving the rest to the beginning, and if that is not enough by growing, so that each byte is moved a bounded number of times. Room is
/// made only on request: until then the caller may be writing to the room that it got before. When new room overlaps bytes that were read, the reader forgets them.
/// </remarks>
internal sealed class ReceiveBuffer(MessageReader reader, long mostKept)
{
    private const int FirstSize = 4096;

    private byte[] _bytes = [];
    private int _start;
    private int _end;

    public bool IsClosed { get; set; }

    public ReadOnlyMemory<byte> Unread => _bytes.AsMemory(_start, _end - _start);

    public int RoomGiven { get; private set; }

    /// <exception cref="InvalidOperationException">The end of file was received before.</exception>
    public ReceiveBuffer CheckOpen() => IsClosed ? throw new InvalidOperationException("Nothing can be received after the end of file.") : this;

    public void Consume(int count) => _start += count;

    public Memory<byte> GetRoom(int sizeHint)
    {
        var need = Math.Max(sizeHint, 1);
        var unread = _end - _start;
        if (unread == 0 && _end > 0)
        {
            _start = _end = 0;
            reader.ForgetBytes();
        }
        if (_bytes.Length - _end < need)
        {
            // Moving pays off if at least half of the buffer was read. Otherwise it would soon be repeated.
            if (_bytes.Length - unread >= need && _start >= _bytes.Length / 2)
            {
                _bytes.AsSpan(_start, unread).CopyTo(_bytes);
                reader.ForgetBytes();
            }
            else
            {
                // The bytes that were read remain in the old array.
                var larger = new byte[Math.Max(Math.Max(FirstSize, _bytes.Length * 2), unread + need)];
                _bytes.AsSpan(_start, unread).CopyTo(larger);
                _bytes = larger;
            }
            _start = 0;
            _end = unread;
        }
        RoomGiven = _bytes.Length - _end;
        return _bytes.AsMemory(_end);
    }

    public void Fill(int count)
    {
        _end += count;
        RoomGiven = 0;
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetRoom(bytes.Length).Span);
        Fill(bytes.Length);
    }

    public void Reset()
    {
        // A burst on one connection must not occupy memory on all that follow it.
        if (_bytes.Length > mostKept)
            _bytes = [];
        _start = 0;
        _end = 0;
        RoomGiven = 0;
        IsClosed = false;
    }
}
