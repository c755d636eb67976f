using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace JsonRpcLite;

/// <summary>Goes through a JSON text from one quotation mark, brace or bracket to the next. A block of bytes is looked at as a whole, because these stand close together.</summary>
/// <param name="text">UTF-8.</param>
internal ref struct JsonMarks(ReadOnlySpan<byte> text)
{
    private readonly ReadOnlySpan<byte> _text = text;

    /// <summary>Where the block begins, and where the next one does.</summary>
    private int _block;
    private int _next;

    /// <summary>The marks in the block that are still to come, backslashes too; the lowest bit is its first byte.</summary>
    private uint _marks;

    /// <summary>The place of the next mark outside of strings, or -1.</summary>
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
            // A backslash outside of strings is a fault that a parser has found.
            if (_text[at] != (byte)'\\')
                return at;
        }
    }

    /// <summary>The place of the quotation mark that ends the string which the last mark began, or -1.</summary>
    public int EndOfString(out bool isEscaped)
    {
        isEscaped = false;
        while (true)
        {
            if (_marks == 0)
            {
                // A long string may have no end for many blocks.
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
        // A bracket and a brace differ in this one bit.
        var braces = bytes | Vector128.Create((byte)0x20);
        var marks = Vector128.Equals(bytes, Vector128.Create((byte)'"')) | Vector128.Equals(bytes, Vector128.Create((byte)'\\'))
            | Vector128.Equals(braces, Vector128.Create((byte)'{')) | Vector128.Equals(braces, Vector128.Create((byte)'}'));
        _block = _next;
        _next += Math.Min(rest.Length, Vector128<byte>.Count);
        _marks = marks.ExtractMostSignificantBits();
    }
}
