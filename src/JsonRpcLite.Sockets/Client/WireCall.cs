using System.Buffers;
using System.Text;
using JsonRpcLite.Http11;

namespace JsonRpcLite;

/// <summary>Translates one request and its reply between an exchange and bytes.</summary>
/// <remarks>
/// Not thread-safe. The owner of the connection sends the request and fills in the bytes of the reply, by blocking or asynchronously. The object is reused for other calls.
/// </remarks>
internal sealed class WireCall
{
    /// <summary>The size up to which a body is copied behind its head, so that one send carries both.</summary>
    private const int LargestCopy = 16 * 1024;

    private readonly Http11Connection _engine = new(Http11Role.Client);
    private readonly Http11Fields _fields = new();
    private readonly ArrayBufferWriter<byte> _output = new(1024);
    private readonly InputBuffer _input = new();
    private readonly HeadTexts _texts = new();
    private HttpExchange _exchange = null!;
    private ReadOnlyMemory<byte> _rest;
    private Memory<byte> _room;
    private bool _isHeadRead;

    /// <summary>For a stream: the received part of the body that was not taken yet.</summary>
    /// <remarks><see cref="_pieceInput"/> is the number of its input bytes.</remarks>
    private ReadOnlyMemory<byte> _piece;
    private int _pieceInput;
    private bool _isIntoBody;
    private bool _isFollowed;
    private bool _isEndOfInput;
    private bool _isWhole;

    /// <summary>The head, with the body or its first part.</summary>
    public ReadOnlyMemory<byte> Request => _output.WrittenMemory;

    /// <summary>The rest of the body that is not in <see cref="Request"/>.</summary>
    public ReadOnlyMemory<byte> RestOfRequest => _rest;

    /// <summary>Whether the connection can carry another call: the reply is complete, and nothing follows it or is expected to.</summary>
    public bool IsReusable => !IsForeignError && _isWhole && _input.IsEmpty && !_isFollowed && !_isEndOfInput && !_exchange.CloseConnection && _engine.CanStartNextCycle;

    /// <summary>Whether the last receive filled its buffer, so that more bytes may be waiting.</summary>
    public bool HasFilledRoom { get; private set; }

    /// <summary>Whether an empty line may precede the reply.</summary>
    /// <remarks>Set before a call on a reused connection. Some senders end a message with an additional empty line; RFC 9112 2.2 mentions it for requests.</remarks>
    public bool MayBeginWithEmptyLine { get; set; }

    /// <summary>Writes the request.</summary>
    /// <exception cref="InvalidOperationException">The exchange has a header field that only the transport may write.</exception>
    /// <exception cref="ArgumentException">The method, the target or a header field is not valid in HTTP.</exception>
    public void Begin(HttpExchange exchange, ReadOnlySpan<byte> host)
    {
        _exchange = exchange;
        exchange.RequestHeaders.RefuseFraming();
        _fields.Clear();
        _output.ResetWrittenCount();
        var body = exchange.RequestBody;
        if (!exchange.RequestHeaders.Contains("Host"))
            _fields.Add("Host"u8, host);
        _fields.AddAll(exchange.RequestHeaders);
        if (exchange.Method is "POST" or "QUERY" || !body.IsEmpty)
            _fields.Add("Content-Length"u8, body.Length);
        if (exchange.CloseConnection)
            _fields.Add("Connection"u8, "close"u8);
        try
        {
            WriteHead(exchange.Method, exchange.Target);
        }
        catch (LocalProtocolException e)
        {
            throw new ArgumentException($"The request cannot be sent: {Sentence.Of(e.Message)}", nameof(exchange), e);
        }
        _engine.BeginData(_output, body.Length);
        _engine.EndData(_output);
        _engine.SendEndOfMessage(_output);
        var copied = Math.Min(body.Length, LargestCopy);
        _output.Write(body.Span[..copied]);
        _rest = body[copied..];
    }

    /// <summary>The buffer for the next receive.</summary>
    public Memory<byte> GetRoom()
    {
        // A body of declared length is received directly into its final buffer, with room for one more byte. A byte received there belongs to no reply (RFC 9112 6.3), and the
        // connection is not reused.
        _isIntoBody = _engine.Kind is Http11EventKind.NeedData && _isHeadRead && _input.IsEmpty && _exchange.Method != "HEAD" && _engine.ContentLength is > 0;
        if (!_isIntoBody)
            return _room = _input.GetRoom();
        var missing = MissingOfBody;
        var room = _exchange.ResponseBody.GetMemory(Math.Min(missing, 64 * 1024) + 1);
        return _room = room[..Math.Min(room.Length, missing + 1)];
    }

    /// <summary>Reports the number of bytes received; 0 means that the peer has closed its side.</summary>
    public void Fill(int count)
    {
        _isEndOfInput = count == 0;
        HasFilledRoom = count == _room.Length;
        if (!_isIntoBody)
        {
            _input.Fill(count);
            return;
        }
        var ofBody = Math.Min(count, MissingOfBody);
        _isFollowed = count > ofBody;
        if (ofBody > 0)
        {
            _engine.Read(_room[..ofBody], endOfInput: false, out _);
            _exchange.ResponseBody.Advance(ofBody);
        }
    }

    /// <summary>Continues reading; <c>true</c> once the whole reply is in the exchange.</summary>
    /// <exception cref="HttpRequestException">What came is not an HTTP reply.</exception>
    /// <exception cref="HttpIOException">The reply was cut off.</exception>
    /// <exception cref="BodyTooLargeException">The body exceeds the limit.</exception>
    public bool TryRead()
    {
        try
        {
            if (MayBeginWithEmptyLine && !TrySkipEmptyLine())
                return false;
            while (true)
            {
                var kind = _engine.Read(_input.Unread, _isEndOfInput, out var consumed);
                switch (kind)
                {
                    case Http11EventKind.Response:
                        TakeHead();
                        break;
                    case Http11EventKind.Data when IsLive:
                        (_piece, _pieceInput) = (_engine.Data, consumed);
                        return false;
                    case Http11EventKind.Data:
                        _exchange.ResponseBody.Write(_engine.Data.Span);
                        break;
                    case Http11EventKind.EndOfMessage when _isEndOfInput && _exchange.Address?.Scheme == Uri.UriSchemeHttps:
                        // RFC 9112 9.8. SslStream does not reveal whether the peer closed the connection or an intermediary cut it off.
                        throw new HttpIOException(HttpRequestError.ResponseEnded, "The reply declares no length and ended with its TLS connection: it may have been cut off.");
                    case Http11EventKind.EndOfMessage:
                        _input.Consume(consumed);
                        return _isWhole = true;
                    case Http11EventKind.NeedData:
                        _input.Consume(consumed);
                        return false;
                    case Http11EventKind.ConnectionClosed:
                        throw new HttpRequestException(HttpRequestError.ResponseEnded, "The server closed the connection without a reply.");
                }
                _input.Consume(consumed);
            }
        }
        catch (RemoteProtocolException e)
        {
            throw Refusal(e);
        }
    }

    /// <summary>Whether an event stream without a declared length is passed on as it arrives instead of being buffered in the exchange.</summary>
    /// <remarks>Set before the call.</remarks>
    public bool HandsOnStreams { get; set; }

    /// <summary>Whether the reply is such a stream.</summary>
    /// <remarks>Between two reads, <see cref="Take"/> takes its body.</remarks>
    public bool IsLive { get; private set; }

    /// <summary>Whether the whole received part of a stream's body was taken.</summary>
    public bool IsTaken => _piece.IsEmpty;

    /// <summary>Takes received bytes of a stream's body.</summary>
    public int Take(Span<byte> target)
    {
        var count = Math.Min(_piece.Length, target.Length);
        _piece.Span[..count].CopyTo(target);
        _piece = _piece[count..];
        if (_piece.IsEmpty && _pieceInput > 0)
        {
            _input.Consume(_pieceInput);
            _pieceInput = 0;
        }
        return count;
    }

    /// <summary>Returns the memory and resets the state.</summary>
    public void End()
    {
        _engine.Reset();
        _input.Release();
        _exchange = null!;
        _rest = _room = default;
        _piece = default;
        _pieceInput = 0;
        HandsOnStreams = IsLive = _isHeadRead = _isFollowed = _isEndOfInput = _isWhole = HasFilledRoom = MayBeginWithEmptyLine = false;
    }

    /// <summary>Whether the reply is an error that is not JSON, and so not from a server of this library.</summary>
    /// <remarks>HttpListener itself, for instance, sends a second reply shortly after some of its errors. The next call would take that for its own reply.</remarks>
    private bool IsForeignError => _exchange.StatusCode >= 400 && _exchange.ResponseHeaders[HeaderFields.ContentType]?.Contains("json", StringComparison.OrdinalIgnoreCase) != true;

    private static bool IsEventStream(string? contentType) =>
        contentType is not null && contentType.AsSpan().TrimStart().StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase);

    private int MissingOfBody => (int)_engine.ContentLength! - _exchange.ResponseBody.Length;

    /// <returns><c>false</c> if more input is needed to decide.</returns>
    private bool TrySkipEmptyLine()
    {
        var input = _input.Unread.Span;
        if (input.Length < 2 && !_isEndOfInput && (input.IsEmpty || input[0] == '\r'))
            return false;
        MayBeginWithEmptyLine = false;
        if (input.StartsWith("\r\n"u8))
            _input.Consume(2);
        return true;
    }

    private Exception Refusal(RemoteProtocolException breach)
    {
        if (_isEndOfInput)
        {
            return _isHeadRead ? new HttpIOException(HttpRequestError.ResponseEnded, "The connection ended in the middle of the reply.", breach)
                : new HttpRequestException(HttpRequestError.ResponseEnded, "The connection ended in the middle of the reply's head.", breach);
        }
        // A TLS alert (RFC 8446 6).
        if (!_isHeadRead && _input.Unread.Span.StartsWith("\x15\x03"u8))
            return new HttpRequestException(HttpRequestError.InvalidResponse,
                "What came is not an HTTP reply but a TLS alert. Is the scheme right? For a server that speaks TLS on this port, use https://.", breach);
        return _isHeadRead ? new HttpIOException(HttpRequestError.InvalidResponse, breach.Message, breach)
            : new HttpRequestException(HttpRequestError.InvalidResponse,
                $"What came is not an HTTP reply: {Sentence.Of(breach.Message)} "
                    + $"It begins with '{PeerText.Shown(Encoding.Latin1.GetString(_input.Unread.Span[..Math.Min(_input.Unread.Length, 101)]))}'.",
                breach);
    }

    private void WriteHead(string method, string target)
    {
        if (!Ascii.IsValid(target))
            throw new ArgumentException($"The target '{target}' contains characters that are not allowed in a URI (RFC 3986 2); percent-encode them.", nameof(target));
        var needed = method.Length + target.Length;
        byte[]? rented = null;
        var bytes = needed <= 256 ? stackalloc byte[256] : rented = ArrayPool<byte>.Shared.Rent(needed);
        Encoding.Latin1.GetBytes(method, bytes);
        Encoding.Latin1.GetBytes(target, bytes[method.Length..]);
        _engine.SendRequest(_output, bytes[..method.Length], bytes.Slice(method.Length, target.Length), _fields);
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
    }

    private void TakeHead()
    {
        _isHeadRead = true;
        _exchange.StatusCode = _engine.StatusCode;
        _texts.CopyFields(_engine.Fields, _exchange.ResponseHeaders);
        IsLive = HandsOnStreams && _engine.ContentLength is null && IsEventStream(_exchange.ResponseHeaders[HeaderFields.ContentType]);
        if (_engine.ContentLength > _exchange.ResponseBody.MaxLength && _exchange.Method != "HEAD" && HttpExchange.HasBody(_engine.StatusCode))
            throw new BodyTooLargeException(_exchange.ResponseBody.MaxLength);
    }
}
