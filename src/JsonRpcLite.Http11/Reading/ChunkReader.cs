using System.Buffers.Binary;

namespace JsonRpcLite.Http11;

// Reads the framing of a chunked body (RFC 9112 7.1), and finds the data in it. It is in one of four positions:
//
//   before a chunk's line -> in its data -> before the CRLF behind the data -> before a line again ... -> in the trailers, after size zero
//
// A line is consumed only when it is complete. The position up to which it was searched for its end is kept, so that receiving a line byte by byte costs no more.
internal sealed class ChunkReader(Http11Options limits)
{
    private const int FreeFramingBytes = 16;
    private const int MostPlainDigits = 12;

    private Position _position;
    private long _left;
    private long _size;
    private int _lineBytes;
    private int _searched;
    private long _overhead;

    private enum Position
    {
        Line,
        Data,
        BehindData,
        Trailers,
    }

    /// <summary>Whether the trailer section is next.</summary>
    public bool IsInTrailers => _position == Position.Trailers;

    public void Begin()
    {
        _position = Position.Line;
        _searched = 0;
        _overhead = 0;
    }

    /// <summary>Finds the next data, and consumes the framing in front of it.</summary>
    /// <returns>The number of data bytes at <paramref name="consumed"/>; 0 if more bytes are needed or the trailers begin.</returns>
    public int Read(ReadOnlySpan<byte> bytes, out int consumed, out bool isStart, out bool isEnd)
    {
        consumed = 0;
        isStart = false;
        isEnd = false;
        if (_position == Position.BehindData && !TryTakeShortFraming(bytes, ref consumed) && !TryEndChunk(bytes, ref consumed))
            return 0;
        if (_position == Position.Line)
        {
            if (!TryReadLine(bytes, ref consumed))
                return 0;
        }
        if (_position != Position.Data)
            return 0;

        var available = bytes.Length - consumed;
        if (available == 0)
            return 0;
        isStart = _left == _size;
        var count = (int)Math.Min(available, _left);
        _left -= count;
        if (_left == 0)
        {
            isEnd = true;
            _position = Position.BehindData;
        }
        return count;
    }

    /// <summary>Takes the CRLF behind a chunk together with the line of the next one, if that is one or two digits and CRLF.</summary>
    /// <remarks>A peer that sends tiny chunks makes the framing most of the work.</remarks>
    private bool TryTakeShortFraming(ReadOnlySpan<byte> bytes, ref int consumed)
    {
        const int CrLf = 0x0A0D;
        if (bytes.Length < sizeof(ulong))
            return false;
        var word = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        if ((ushort)word != CrLf)
            return false;

        var size = Digits.Hex((byte)(word >> 16));
        var line = "1\r\n"u8.Length;
        if ((ushort)(word >> 24) != CrLf)
        {
            var second = Digits.Hex((byte)(word >> 24));
            if (second < 0 || (ushort)(word >> 32) != CrLf)
                return false;
            size = (size << 4) | second;
            line++;
        }
        // The size is negative if the first character is not a digit, and 0 before the trailers.
        if (size <= 0 || line > limits.MaxChunkLineSize)
            return false;

        _size = _left = size;
        _lineBytes = line;
        CountOverhead();
        consumed = "\r\n"u8.Length + line;
        _searched = 0;
        _position = Position.Data;
        return true;
    }

    private bool TryEndChunk(ReadOnlySpan<byte> bytes, ref int consumed)
    {
        if (bytes.Length > 0 && bytes[0] != '\r' || bytes.Length > 1 && bytes[1] != '\n')
            throw new RemoteProtocolException("The data of a chunk ends without CRLF (RFC 9112 7.1).");
        if (bytes.Length < 2)
            return false;
        consumed = 2;
        _position = Position.Line;
        _searched = 0;
        return true;
    }

    private bool TryReadLine(ReadOnlySpan<byte> bytes, ref int consumed)
    {
        var rest = bytes[consumed..];
        if (!TryTakePlainLine(rest) && !TryTakeAnyLine(rest))
            return false;

        if (_lineBytes > limits.MaxChunkLineSize)
            throw LineTooLong();
        CountOverhead();
        consumed += _lineBytes;
        _searched = 0;
        _left = _size;
        _position = _size == 0 ? Position.Trailers : Position.Data;
        return true;
    }

    /// <summary>Takes the usual line, a few digits and CRLF, in one pass.</summary>
    private bool TryTakePlainLine(ReadOnlySpan<byte> rest)
    {
        long size = 0;
        for (var at = 0; at < rest.Length - 1 && at < MostPlainDigits; at++)
        {
            var digit = Digits.Hex(rest[at]);
            if (digit < 0)
            {
                if (at == 0 || rest[at] != '\r' || rest[at + 1] != '\n')
                    return false;
                _size = size;
                _lineBytes = at + 2;
                return true;
            }
            size = (size << 4) | (uint)digit;
        }
        return false;
    }

    /// <summary>Takes any complete line; <c>false</c> while the line is incomplete.</summary>
    private bool TryTakeAnyLine(ReadOnlySpan<byte> rest)
    {
        if (rest.Length < _searched)
            throw new InvalidOperationException("The input must begin with the bytes that were not consumed before; some are missing.");
        var end = rest[_searched..].IndexOf((byte)'\n');
        if (end < 0)
        {
            if (rest.Length > limits.MaxChunkLineSize)
                throw LineTooLong();
            _searched = rest.Length;
            return false;
        }

        _lineBytes = _searched + end + 1;
        if (_lineBytes > limits.MaxChunkLineSize)
            throw LineTooLong();
        if (_lineBytes < 2 || rest[_lineBytes - 2] != '\r')
            throw new RemoteProtocolException("The line of a chunk ends without CRLF (RFC 9112 7.1).");
        _size = ChunkLine.Parse(rest[..(_lineBytes - 2)]);
        if (_size < 0)
            throw _size == -1
                ? new RemoteProtocolException("The line of a chunk must consist of hexadecimal digits and well-formed extensions (RFC 9112 7.1).")
                : new RemoteProtocolException("The size of a chunk does not fit 63 bits (RFC 9112 7.1).", 413);
        return true;
    }

    private void CountOverhead()
    {
        // The framing is the line and the CRLF behind the data, which a last chunk does not have.
        var framing = _lineBytes + (_size > 0 ? 2 : 0) - FreeFramingBytes;
        if (framing <= 0 || _size >= framing)
            return;
        _overhead += Math.Max(0, framing - (2 * _size));
        if (_overhead > limits.MaxChunkOverheadSize)
            throw new RemoteProtocolException($"The chunks carry more than {limits.MaxChunkOverheadSize} bytes of excessive framing.");
    }

    private RemoteProtocolException LineTooLong() => new($"The line of a chunk is longer than {limits.MaxChunkLineSize} bytes.");
}
