using System.Buffers;

namespace JsonRpcLite;

/// <summary>What a connection has received and nobody has read: one array from the shared pool, held only while there is something in it or on its way. Not thread-safe.</summary>
internal sealed class InputBuffer
{
    private const int SmallestArray = 4096;

    private byte[] _array = [];
    private int _start;
    private int _end;

    public bool IsEmpty => _start == _end;

    /// <summary>Valid until the next <see cref="GetRoom"/> or <see cref="Release"/>.</summary>
    public ReadOnlyMemory<byte> Unread => _array.AsMemory(_start, _end - _start);

    public void Consume(int count) => _start += count;

    public void Fill(int count) => _end += count;

    /// <summary>Room behind what is unread, at least a byte; moves what is unread where that makes room, and else doubles. Whoever reads sets the bounds.</summary>
    public Memory<byte> GetRoom()
    {
        if (_start == _end)
            _start = _end = 0;
        if (_end < _array.Length)
            return _array.AsMemory(_end);

        var unread = _end - _start;
        if (_start > 0)
        {
            _array.AsSpan(_start, unread).CopyTo(_array);
        }
        else
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(SmallestArray, 2 * _array.Length));
            _array.AsSpan(0, unread).CopyTo(larger);
            Return();
            _array = larger;
        }
        _start = 0;
        _end = unread;
        return _array.AsMemory(_end);
    }

    /// <summary>Forgets what is unread, and gives the memory back.</summary>
    public void Release()
    {
        Return();
        _array = [];
        _start = _end = 0;
    }

    private void Return()
    {
        if (_array.Length > 0)
            ArrayPool<byte>.Shared.Return(_array);
    }
}
