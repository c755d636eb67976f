using System.Buffers;

namespace JsonRpcLite;

/// <summary>
/// A body being written: one growing array, from the shared pool unless it is very large, with a limit, and with room kept free in front for the head, so that both
/// can leave in one send. Not thread-safe.
/// </summary>
public sealed class BodyBuffer : IBufferWriter<byte>
{
    private const int SmallestArray = 1024;
    private const int LargestKept = 2048;

    private readonly int _headroom;
    private byte[] _array = [];
    private int _end;

    /// <summary>Makes an empty buffer. It holds no memory until something is written.</summary>
    /// <param name="maxLength">The most bytes that the body may have.</param>
    /// <param name="headroom">How many bytes to keep free in front of the body; 0 by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">A negative number.</exception>
    public BodyBuffer(int maxLength = int.MaxValue, int headroom = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxLength);
        ArgumentOutOfRangeException.ThrowIfNegative(headroom);
        MaxLength = maxLength;
        _headroom = headroom;
        _end = headroom;
    }

    /// <summary>The most bytes that the body may have; one more is a <see cref="BodyTooLargeException"/>.</summary>
    public int MaxLength { get; internal set; }

    /// <summary>The bytes written so far.</summary>
    public int Length => _end - _headroom;

    /// <summary>What was written so far; valid until the next write, <see cref="Clear"/> or <see cref="Release"/>.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _array.Length == 0 ? default : _array.AsMemory(_headroom, Length);

    /// <summary>What was written so far; valid until the next write, <see cref="Clear"/> or <see cref="Release"/>.</summary>
    public ReadOnlySpan<byte> WrittenSpan => _array.Length == 0 ? default : _array.AsSpan(_headroom, Length);

    /// <summary>Puts a head of at most the headroom's size right in front of the body, and returns both as one piece.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The head is longer than the headroom.</exception>
    public ReadOnlyMemory<byte> PrependHead(ReadOnlySpan<byte> head)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(head.Length, _headroom, nameof(head));
        if (_array.Length == 0)
            Grow(0);
        head.CopyTo(_array.AsSpan(_headroom - head.Length));
        return _array.AsMemory(_headroom - head.Length, head.Length + Length);
    }

    /// <inheritdoc/>
    /// <exception cref="BodyTooLargeException">The body would be longer than <see cref="MaxLength"/>.</exception>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _array.Length - _end);
        if (count > MaxLength - Length)
            throw new BodyTooLargeException(MaxLength);
        _end += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (sizeHint >= _array.Length - _end)
            Grow(Math.Max(sizeHint, 1));
        return _array.AsMemory(_end);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        if (sizeHint >= _array.Length - _end)
            Grow(Math.Max(sizeHint, 1));
        return _array.AsSpan(_end);
    }

    /// <summary>As <see cref="BuffersExtensions.Write"/>, which asks through the interface.</summary>
    internal void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxLength - Length)
            throw new BodyTooLargeException(MaxLength);
        bytes.CopyTo(GetSpan(bytes.Length));
        _end += bytes.Length;
    }

    /// <summary>Cuts the body back to its first <paramref name="length"/> bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or more than <see cref="Length"/>.</exception>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        _end = _headroom + length;
    }

    /// <summary>Makes one line of the JSON text that begins there: line breaks in JSON stand between its values only, where a space means the same (RFC 8259 2).</summary>
    internal void JoinLines(int begin)
    {
        var text = _array.AsSpan(_headroom + begin, Length - begin);
        if (text.ContainsAny((byte)'\n', (byte)'\r'))
        {
            text.Replace((byte)'\n', (byte)' ');
            text.Replace((byte)'\r', (byte)' ');
        }
    }

    /// <summary>Empties the body and keeps the memory.</summary>
    public void Clear() => _end = _headroom;

    /// <summary>Empties the body and gives the memory back to the pool. Nobody may still hold <see cref="WrittenMemory"/>.</summary>
    public void Release()
    {
        Clear();
        BodyArrays.Return(_array);
        _array = [];
    }

    /// <summary>As <see cref="Release"/>, for a buffer that is soon used again: keeps a small array, which the next body nearly always fits into.</summary>
    internal void Recycle()
    {
        if (_array.Length <= LargestKept)
            Clear();
        else
            Release();
    }

    private void Grow(int more)
    {
        if (more <= _array.Length - _end && _array.Length > 0)
            return;
        var wanted = Math.Max((long)_end + more, Math.Max(2L * _array.Length, _headroom + SmallestArray));
        if ((long)_end + more > Array.MaxLength)
            throw new BodyTooLargeException(MaxLength);
        var larger = BodyArrays.Rent((int)Math.Min(wanted, Array.MaxLength));
        _array.AsSpan(0, Math.Min(_end, _array.Length)).CopyTo(larger);
        BodyArrays.Return(_array);
        _array = larger;
    }
}
