namespace JsonRpcLite.Http11;

/// <summary>
/// Bytes that came and were not read yet, in one piece. Reading moves the front; room is made by moving what is left to the beginning, and
/// only when that is not enough by growing, so that a byte is moved a bounded number of times. Room is made only when it is asked for: until
/// then the caller may be writing to the room it was lent. Making room over bytes that were read tells the reader to forget them.
/// </summary>
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
    public ReceiveBuffer CheckOpen() => IsClosed ? throw new InvalidOperationException("Nothing can be received behind the end of file.") : this;

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
            // Moving pays when at least half of the buffer is behind us; otherwise it would be done again and again.
            if (_bytes.Length - unread >= need && _start >= _bytes.Length / 2)
            {
                _bytes.AsSpan(_start, unread).CopyTo(_bytes);
                reader.ForgetBytes();
            }
            else
            {
                // What was read stays where it is, in the former array.
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
        // One connection's burst must not stay with all that follow it.
        if (_bytes.Length > mostKept)
            _bytes = [];
        _start = 0;
        _end = 0;
        RoomGiven = 0;
        IsClosed = false;
    }
}
