namespace JsonRpcLite.Http11;

// Reads a head (a start line, field lines, an empty line) or a trailer section (the same without a start line).
//
// The bytes come as a span that begins with the head's first byte and grows from call to call. Nothing of it is consumed until the head is complete. Between calls the reader
// keeps offsets: the end of the lines already taken, and how far the current line was searched for its end. So it looks at each byte a bounded number of times, even if the bytes
// come one by one.
//
// The strict parser (RequestLine, StatusLine, FieldLine) takes a line in one pass and returns -1 for anything unusual. Only then does StopAt look closer: the line may be
// incomplete, too long, one of the tolerated deviations, or malformed. It finds the end of the line before it rejects the line, and applies the limits to that end, not to the
// bytes that happen to have arrived. So the outcome depends on the bytes only, and never on how they were split.
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

    /// <summary>Whether the head is complete.</summary>
    /// <remarks>The span begins with the head and contains all bytes received so far.</remarks>
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
                throw new RemoteProtocolException($"There are more than {_limits.MaxFieldCount} {(_isTrailers ? "trailer" : "header")} fields.", 431);
            _position = next;
        }
    }

    /// <summary>Examines a line that the strict parser did not take.</summary>
    /// <returns>The start of the next line; -1 if the line is incomplete.</returns>
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

    // A server may reject folded lines or unfold them, and an attacker can exploit two servers that differ in this. A client must unfold them (RFC 9112 5.2).
    private void Unfold(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> line)
    {
        if (_sender == Http11Role.Client)
            throw new RemoteProtocolException("A request must not contain a folded field line (RFC 9112 5.2).");
        if (_fields.Count == 0)
            throw new RemoteProtocolException("There is white space before the first header field (RFC 9112 2.2).");
        var continuation = line.Trim(" \t"u8);
        if (!FieldLine.IsValue(continuation, _limits.AllowControlBytesInValues))
            throw new RemoteProtocolException("A field value contains a control byte other than tab (RFC 9110 5.5).");
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

    /// <summary>Rejects an incomplete line that no further byte can make valid.</summary>
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
            : new RemoteProtocolException("The method is longer than any known method.", 501);
    }
}
