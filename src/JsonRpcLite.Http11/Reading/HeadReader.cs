namespace JsonRpcLite.Http11;

// Reads a head, or a trailer section: a start line, field lines, an empty line.
//
// The bytes come as a span that begins with the head's first byte and grows from call to call; until the head is complete nothing of it is
// consumed. What is kept between calls are offsets: the lines already taken, and how far the current line has been searched for its end.
// So each byte is looked at a bounded number of times, also when bytes come one by one.
//
// The strict parser (RequestLine, StatusLine, FieldLine) takes a line in one go and answers -1 for anything odd. Only then does StopAt
// look closer: is the line not complete yet, is it too long, is it one of the tolerated oddities, or is it wrong? It looks for the line's
// end before it blames the line, and holds the limits against that end, not against what happens to have come. Thereby the outcome depends
// on the bytes alone and never on how they were cut.
internal sealed class HeadReader
{
    private readonly Http11Options _limits;
    private readonly Http11Role _sender;
    private readonly FieldTable _headFields = new();
    private readonly FieldTable _trailers = new();
    private FieldTable _fields;
    private int _position;
    private int _searched;
    private bool _hasStartLine;
    private bool _isTrailers;
    private RequestLine _requestLine;
    private StatusLine _statusLine;

    public HeadReader(Http11Options limits, Http11Role sender)
    {
        _limits = limits;
        _sender = sender;
        _fields = _headFields;
    }

    public FieldTable Fields => _headFields;

    public FieldTable Trailers => _trailers;

    /// <summary>The length of the head, once it is complete.</summary>
    public int Length => _position;

    public ref readonly RequestLine RequestLine => ref _requestLine;

    public ref readonly StatusLine StatusLine => ref _statusLine;

    public void BeginHead()
    {
        _position = 0;
        _searched = 0;
        _hasStartLine = false;
        _isTrailers = false;
        _fields = _headFields;
        _headFields.Forget();
        _trailers.Forget();
    }

    public void BeginTrailers()
    {
        _position = 0;
        _searched = 0;
        _hasStartLine = true;
        _isTrailers = true;
        _fields = _trailers;
        _trailers.Clear();
    }

    /// <summary>Whether the head is complete. The span begins with the head and holds all that came before.</summary>
    /// <exception cref="RemoteProtocolException">The head is malformed or too large.</exception>
    public bool TryRead(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < _searched)
            throw new InvalidOperationException("The input must begin with the bytes that were not consumed before; some are missing.");
        if (_searched > _position && bytes[_searched..].IndexOf((byte)'\n') < 0)
        {
            AwaitMore(bytes);
            return false;
        }

        if (!_hasStartLine)
        {
            var next = _sender == Http11Role.Client
                ? RequestLine.TryTake(bytes, out _requestLine)
                : StatusLine.TryTake(bytes, _limits.AllowBareLineFeed, out _statusLine);
            if (next < 0 || next > _limits.MaxStartLineSize || next > _limits.MaxHeadSize)
            {
                RefuseStartLine(bytes);
                return false;
            }
            _position = next;
            _hasStartLine = true;
        }

        var limit = _isTrailers ? _limits.MaxTrailerSize : _limits.MaxHeadSize;
        while (true)
        {
            var at = _position;
            if (at + 1 < bytes.Length && bytes[at] == '\r' && bytes[at + 1] == '\n')
            {
                _position = at + 2;
                if (_position > limit)
                    throw TooLarge();
                return true;
            }

            var next = FieldLine.TryTake(bytes, at, _fields);
            if (next < 0)
            {
                next = StopAt(bytes, limit, out var isEnd);
                if (next < 0)
                    return false;
                if (isEnd)
                {
                    _position = next;
                    return true;
                }
            }
            if (next > limit)
                throw TooLarge();
            if (_fields.Count > _limits.MaxFieldCount)
                throw new RemoteProtocolException($"There are more than {_limits.MaxFieldCount} fields.", 431);
            _position = next;
        }
    }

    /// <summary>
    /// Looks closer at a line that the strict parser did not take: answers where the next begins, or -1 when this one has not ended yet.
    /// </summary>
    private int StopAt(ReadOnlySpan<byte> bytes, int limit, out bool isEnd)
    {
        isEnd = false;
        var end = bytes[_position..].IndexOf((byte)'\n');
        if (end < 0)
        {
            AwaitMore(bytes);
            return -1;
        }
        var next = _position + end + 1;
        if (next > limit)
            throw TooLarge();

        var line = bytes[_position..(next - 1)];
        if (line.Length > 0 && line[^1] == '\r')
            line = line[..^1];
        else if (!_limits.AllowBareLineFeed)
            throw new RemoteProtocolException("A field line ends without CRLF (RFC 9112 2.2).");

        if (line.IsEmpty)
        {
            isEnd = true;
            return next;
        }
        if (line[0] is (byte)' ' or (byte)'\t')
        {
            Unfold(bytes, line);
            return next;
        }
        if (FieldLine.TakeLeniently(line, _position, _fields, _limits.AllowControlBytesInValues) is { } fault)
            throw new RemoteProtocolException(fault);
        return next;
    }

    // A server may refuse folded lines or unfold them, and two servers that differ in this can be played against each other; a client must
    // unfold (RFC 9112 5.2).
    private void Unfold(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> line)
    {
        if (_sender == Http11Role.Client)
            throw new RemoteProtocolException("A folded field line is refused in requests (RFC 9112 5.2).");
        if (_fields.Count == 0)
            throw new RemoteProtocolException("White space stands before the first field (RFC 9112 2.2).");
        var continuation = line.Trim(" \t"u8);
        if (!FieldLine.IsValue(continuation, _limits.AllowControlBytesInValues))
            throw new RemoteProtocolException("A field value holds no control byte but tab (RFC 9110 5.5).");
        _fields.Unfold(bytes, continuation);
    }

    private void RefuseStartLine(ReadOnlySpan<byte> bytes)
    {
        var limit = Math.Min(_limits.MaxStartLineSize, _limits.MaxHeadSize);
        var end = bytes.IndexOf((byte)'\n');
        if (end >= 0 && end < limit)
            throw _sender == Http11Role.Client ? RequestLine.Refuse(bytes[..(end + 1)]) : StatusLine.Refuse(bytes[..(end + 1)]);
        AwaitMore(bytes);
    }

    /// <summary>The current line has not ended: refuses what no further byte can mend.</summary>
    private void AwaitMore(ReadOnlySpan<byte> bytes)
    {
        if (!_hasStartLine)
        {
            if (bytes.Length > 0 && _sender == Http11Role.Client && !RequestLine.CanBegin(bytes[0]))
                throw RequestLine.RefuseBeginning();
            var beginning = Math.Min(bytes.Length, StatusLine.Beginning.Length);
            if (_sender == Http11Role.Server && !StatusLine.Beginning.StartsWith(bytes[..beginning]))
                throw StatusLine.Refuse(bytes);
            if (bytes.Length > Math.Min(_limits.MaxStartLineSize, _limits.MaxHeadSize))
                throw StartLineTooLong(bytes);
        }
        else if (bytes.Length > (_isTrailers ? _limits.MaxTrailerSize : _limits.MaxHeadSize))
        {
            throw TooLarge();
        }
        _searched = bytes.Length;
    }

    private RemoteProtocolException TooLarge() => _isTrailers
        ? new RemoteProtocolException($"The trailer section is larger than {_limits.MaxTrailerSize} bytes.", 431)
        : new RemoteProtocolException($"The head is larger than {_limits.MaxHeadSize} bytes.", 431);

    private RemoteProtocolException StartLineTooLong(ReadOnlySpan<byte> bytes)
    {
        var limit = Math.Min(_limits.MaxStartLineSize, _limits.MaxHeadSize);
        if (_sender == Http11Role.Server)
            return new RemoteProtocolException($"The status line is longer than {limit} bytes.");
        return bytes[..limit].Contains((byte)' ')
            ? new RemoteProtocolException($"The request line is longer than {limit} bytes.", 414)
            : new RemoteProtocolException("The method is longer than any that is known.", 501);
    }
}
