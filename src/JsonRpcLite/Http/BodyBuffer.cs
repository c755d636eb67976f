using System.Buffers;

namespace JsonRpcLite;

/// <summary>A growing buffer to which a body is written, with a limit.</summary>
/// <remarks>
/// It is one array, from the shared pool unless it is very large. It keeps room free in front of the body for the head, so that both are sent at once. Not thread-safe.
/// </remarks>
public sealed class BodyBuffer : IBufferWriter<byte>
{
    private const int SmallestArray = 1024;
    private const int LargestKept = 2048;

    private readonly int _headroom;
    private byte[] _array = [];
    private int _end;

    /// <summary>Creates an empty buffer.</summary>
    /// <remarks>It holds no memory until something is written.</remarks>
    /// <param name="maxLength">The maximum length of the body in bytes.</param>
    /// <param name="headroom">The number of bytes to keep free in front of the body; 0 by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public BodyBuffer(int maxLength = int.MaxValue, int headroom = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxLength);
        ArgumentOutOfRangeException.ThrowIfNegative(headroom);
        MaxLength = maxLength;
        _headroom = headroom;
        _end = headroom;
    }

    /// <summary>The maximum length of the body in bytes; writing more throws a <see cref="BodyTooLargeException"/>.</summary>
    public int MaxLength { get; internal set; }

    /// <summary>The number of bytes written so far.</summary>
    public int Length => _end - _headroom;

    /// <summary>The bytes written so far; valid until the next write, <see cref="Clear"/> or <see cref="Release"/>.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _array.Length == 0 ? default : _array.AsMemory(_headroom, Length);

    /// <summary>The bytes written so far; valid until the next write, <see cref="Clear"/> or <see cref="Release"/>.</summary>
    public ReadOnlySpan<byte> WrittenSpan => _array.Length == 0 ? default : _array.AsSpan(_headroom, Length);

    /// <summary>Copies a head of at most the headroom's size directly in front of the body, and returns both as one block.</summary>
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

    /// <summary>Appends bytes, like <see cref="BuffersExtensions.Write"/>, but without interface calls.</summary>
    internal void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxLength - Length)
            throw new BodyTooLargeException(MaxLength);
        bytes.CopyTo(GetSpan(bytes.Length));
        _end += bytes.Length;
    }

    /// <summary>Truncates the body to its first <paramref name="length"/> bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative, or more than <see cref="Length"/>.</exception>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        _end = _headroom + length;
    }

    /// <summary>Joins the lines of the JSON text that begins at a position.</summary>
    /// <remarks>Line breaks in JSON occur only between values, where a space is equivalent (RFC 8259 2).</remarks>
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

    /// <summary>Empties the body and returns the memory to the pool.</summary>
    /// <remarks>The bytes of <see cref="WrittenMemory"/> must not be in use any more.</remarks>
    public void Release()
    {
        Clear();
        BodyArrays.Return(_array);
        _array = [];
    }

    /// <summary>Empties the body for reuse, and keeps a small array.</summary>
    /// <remarks>The next body nearly always fits into it. A larger array is released.</remarks>
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
