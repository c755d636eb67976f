using System.Buffers;

namespace JsonRpcLite;

/// <summary>The received bytes of a connection that were not read yet.</summary>
/// <remarks>Not thread-safe. It is one array from the shared pool, rented only while it holds bytes or a receive is pending.</remarks>
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

    /// <summary>Gets room behind the unread bytes, at least one byte.</summary>
    /// <remarks>It moves the unread bytes to the front if that makes room, and otherwise doubles the array. The reader limits the size.</remarks>
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

    /// <summary>Discards the unread bytes and returns the memory.</summary>
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
