namespace JsonRpcLite;

/// <summary>
/// Follows the records of TLS (RFC 8446 5.1, RFC 5246 6.2.1) in the bytes that come in: five bytes of head, of which the last two are the length of what follows. Tells whether a
/// part of a record is here, which <see cref="System.Net.Security.SslStream"/> keeps to itself. For the thread that reads.
/// </summary>
internal struct RecordBoundary
{
    private const int HeadSize = 5;

    private int _headRead;
    private int _length;
    private int _missing;

    /// <summary>Whether the last record is not complete.</summary>
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
