namespace JsonRpcLite;

/// <summary>Tracks the record boundaries in incoming TLS bytes.</summary>
/// <remarks>
/// Only the reading thread uses it. A record begins with a header of five bytes, of which the last two are the length of the rest (RFC 8446 5.1, RFC 5246 6.2.1).
/// <see cref="System.Net.Security.SslStream"/> does not reveal whether it holds a part of a record.
/// </remarks>
internal struct RecordBoundary
{
    private const int HeadSize = 5;

    private int _headRead;
    private int _length;
    private int _missing;

    /// <summary>Whether the last record is incomplete.</summary>
    public readonly bool IsInsideRecord => _headRead > 0 || _missing > 0;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_missing > 0)
            {
                var taken = Math.Min(_missing, bytes.Length);
                _missing -= taken;
                bytes = bytes[taken..];
                continue;
            }
            if (_headRead >= HeadSize - 2)
                _length = _length << 8 | bytes[0];
            bytes = bytes[1..];
            if (++_headRead < HeadSize)
                continue;
            _missing = _length;
            _headRead = _length = 0;
        }
    }
}
