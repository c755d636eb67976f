using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace JsonRpcLite;

/// <summary>Iterates over the quotation marks, braces and brackets of a JSON text.</summary>
/// <remarks>It examines a block of bytes at once, because these marks are close together.</remarks>
/// <param name="text">The text in UTF-8.</param>
internal ref struct JsonMarks(ReadOnlySpan<byte> text)
{
    private readonly ReadOnlySpan<byte> _text = text;

    /// <summary>The position where the block begins; <c>_next</c> is where the next one begins.</summary>
    private int _block;
    private int _next;

    /// <summary>The remaining marks in the block, including backslashes; the lowest bit is its first byte.</summary>
    private uint _marks;

    /// <summary>Returns the position of the next mark outside of strings, or -1.</summary>
    public int Next()
    {
        while (true)
        {
            while (_marks == 0)
            {
                if (_next == _text.Length)
                    return -1;
                LookAtBlock();
            }
            var at = Take();
            // A backslash outside of strings is an error that the parser has found.
            if (_text[at] != (byte)'\\')
                return at;
        }
    }

    /// <summary>Returns the position of the quotation mark that ends the string which the last mark began, or -1.</summary>
    public int EndOfString(out bool isEscaped)
    {
        isEscaped = false;
        while (true)
        {
            if (_marks == 0)
            {
                // A long string may span many blocks.
                var step = _text[_next..].IndexOfAny((byte)'"', (byte)'\\');
                if (step < 0)
                    return -1;
                _next += step;
                LookAtBlock();
            }
            var at = Take();
            if (_text[at] == (byte)'"')
                return at;
            if (_text[at] != (byte)'\\')
                continue;
            isEscaped = true;
            if (at + 1 == _text.Length)
                return -1;
            if (at + 1 < _next)
                _marks &= ~(1u << (at + 1 - _block));
            else
                _next++;
        }
    }

    private int Take()
    {
        var at = _block + BitOperations.TrailingZeroCount(_marks);
        _marks &= _marks - 1;
        return at;
    }

    private void LookAtBlock()
    {
        var rest = _text[_next..];
        Vector128<byte> bytes;
        if (rest.Length >= Vector128<byte>.Count)
        {
            bytes = Vector128.Create(rest);
        }
        else
        {
            bytes = Vector128<byte>.Zero;
            rest.CopyTo(MemoryMarshal.AsBytes(new Span<Vector128<byte>>(ref bytes)));
        }
        // A bracket and a brace differ only in this bit.
        var braces = bytes | Vector128.Create((byte)0x20);
        var marks = Vector128.Equals(bytes, Vector128.Create((byte)'"')) | Vector128.Equals(bytes, Vector128.Create((byte)'\\'))
            | Vector128.Equals(braces, Vector128.Create((byte)'{')) | Vector128.Equals(braces, Vector128.Create((byte)'}'));
        _block = _next;
        _next += Math.Min(rest.Length, Vector128<byte>.Count);
        _marks = marks.ExtractMostSignificantBits();
    }
}
