namespace JsonRpcLite.Http11;

// Reads the peer's messages: selects the reader by the peer's state, and reports to the exchange what was read.
//
//   Idle, SendResponse     a head                        Done                nothing, or Paused if bytes of the next message have arrived
//   SendBody               the body, by its framing      MustClose, Closed   only the end of the connection
//   MightSwitchProtocol, SwitchedProtocol   Paused       Error               the same error again
//
// The input begins with the first byte that was not consumed before. Until the next call, this object holds the data of the event, as offsets into that input and slices of it.
internal sealed class MessageReader(Http11Options limits, Http11Role sender, Exchange exchange)
{
    private const int MostLeadingEmptyLines = 2;

    private static readonly HeadFacts Nothing = new() { ContentLength = -1 };

    private readonly HeadReader _head = new(limits, sender);
    private readonly ChunkReader _chunks = new(limits);
    private BodyFraming _framing;
    private long _left;
    private long _announced;
    private int _emptyLines;
    private bool _headIsRead;
    private bool _bytesAreHere;
    private bool _hasSurplus;
    private ReadOnlyMemory<byte> _bytes;
    private HeadFacts _facts = Nothing;

    public FieldTable Fields => _head.Fields;

    public FieldTable Trailers => _head.Trailers;

    /// <summary>Whether the head that was read last is complete; <c>false</c> while the next one is read.</summary>
    public bool HasHead => _headIsRead;

    /// <summary>Whether the bytes of that head are still available.</summary>
    public bool HasBytes => _headIsRead && _bytesAreHere;

    public ReadOnlySpan<byte> Method => _bytes.Span[.._head.RequestLine.MethodLength];

    public ReadOnlySpan<byte> Target => _bytes.Span.Slice(_head.RequestLine.TargetStart, _head.RequestLine.TargetLength);

    public int Status => _facts.Status;

    public ReadOnlySpan<byte> Reason =>
        _head.StatusLine.ReasonLength > 0 ? _bytes.Span.Slice(StatusLine.ReasonStart, _head.StatusLine.ReasonLength) : default;

    public long ContentLength => _facts.ContentLength;

    public bool IsChunked => _facts.Framing == BodyFraming.Chunked;

    public ReadOnlyMemory<byte> Data { get; private set; }

    public bool ChunkStart { get; private set; }

    public bool ChunkEnd { get; private set; }

    public void Reset()
    {
        _head.BeginHead();
        _headIsRead = false;
        _hasSurplus = false;
        _emptyLines = 0;
        _bytes = default;
        _facts = Nothing;
        Data = default;
    }

    /// <summary>Forgets the bytes of the last head and trailers, which are about to be overwritten.</summary>
    /// <remarks>Otherwise a peer could make its body appear as its head. Numbers remain. A section that is still being read is not affected.</remarks>
    public void ForgetBytes()
    {
        if (!_headIsRead)
            return;
        _bytesAreHere = false;
        _bytes = default;
        _head.Fields.Forget();
        if (_head.Trailers.IsWhole)
            _head.Trailers.Forget();
    }

    public Http11EventKind Read(ReadOnlyMemory<byte> input, bool endOfInput, out int consumed)
    {
        consumed = 0;
        switch (exchange.Machine[sender])
        {
            case Http11State.Idle:
            case Http11State.SendResponse:
                return ReadHead(input, endOfInput, ref consumed);
            case Http11State.SendBody:
                return ReadBody(input, endOfInput, ref consumed);
            case Http11State.Done:
                return input.IsEmpty ? ReadEnd(endOfInput) : Pause();
            case Http11State.MightSwitchProtocol:
            case Http11State.SwitchedProtocol:
                return Http11EventKind.Paused;
            default:
                if (_hasSurplus)
                    return Http11EventKind.Paused;
                if (!input.IsEmpty)
                    throw new RemoteProtocolException("The peer sent bytes although the connection must be closed (RFC 9112 9.6).");
                return ReadEnd(endOfInput);
        }
    }

    private Http11EventKind Pause()
    {
        // A client may send its next request early. Bytes behind a complete response belong to no request, and must not be taken for the response to the next one (RFC 9112 9.2).
        if (sender == Http11Role.Server)
        {
            _hasSurplus = true;
            exchange.Machine.DisableKeepAlive();
        }
        return Http11EventKind.Paused;
    }

    private Http11EventKind ReadHead(ReadOnlyMemory<byte> input, bool endOfInput, ref int consumed)
    {
        if (_headIsRead)
        {
            _head.BeginHead();
            _headIsRead = false;
        }
        var bytes = input.Span;
        // A server skips up to two empty lines that an old client has sent after its last body (RFC 9112 2.2).
        while (sender == Http11Role.Client && bytes.Length > 0 && bytes[0] == '\r' && _emptyLines < MostLeadingEmptyLines)
        {
            if (bytes.Length == 1)
                return endOfInput ? throw CutOff() : Http11EventKind.NeedData;
            if (bytes[1] != '\n')
                throw new RemoteProtocolException("There is a CR without an LF (RFC 9112 2.2).");
            _emptyLines++;
            consumed += 2;
            bytes = bytes[2..];
        }

        if (bytes.IsEmpty)
            return ReadEnd(endOfInput);
        if (!_head.TryRead(bytes))
            return endOfInput ? throw CutOff() : Http11EventKind.NeedData;

        _bytes = consumed == 0 ? input : input[consumed..];
        var kind = sender == Http11Role.Client ? TakeRequest(bytes) : TakeResponse(bytes);
        consumed += _head.Length;
        _head.Fields.Bytes = _bytes;
        _headIsRead = true;
        _bytesAreHere = true;
        return kind;
    }

    private Http11EventKind TakeRequest(ReadOnlySpan<byte> bytes)
    {
        IncomingHead.ReadRequest(_head.RequestLine, _head.Fields, bytes, out _facts);
        if (!exchange.TryRequest(_facts))
            throw OutOfOrder("a request");
        exchange.TheirMinorVersion = _facts.MinorVersion;
        _emptyLines = 0;
        BeginBody();
        return Http11EventKind.Request;
    }

    private Http11EventKind TakeResponse(ReadOnlySpan<byte> bytes)
    {
        IncomingHead.ReadResponse(_head.StatusLine, _head.Fields, bytes, exchange, out _facts);
        if (_facts.Status < 200)
        {
            if (!exchange.TryInformationalResponse(_facts.Status))
                throw OutOfOrder(_facts.Status == 101 ? "a switch of protocols" : "an informational response");
            exchange.TheirMinorVersion = _facts.MinorVersion;
            return Http11EventKind.InformationalResponse;
        }
        if (!exchange.TryResponse(_facts))
            throw OutOfOrder("a response");
        exchange.TheirMinorVersion = _facts.MinorVersion;
        BeginBody();
        return Http11EventKind.Response;
    }

    private void BeginBody()
    {
        _framing = _facts.Framing;
        _left = _facts.Length;
        _announced = _facts.Length;
        if (_framing == BodyFraming.Chunked)
            _chunks.Begin();
    }

    private Http11EventKind ReadBody(ReadOnlyMemory<byte> input, bool endOfInput, ref int consumed)
    {
        switch (_framing)
        {
            case BodyFraming.Length:
                if (_left == 0)
                    return EndMessage();
                if (input.IsEmpty)
                    return endOfInput ? throw CutOff(_announced - _left, _announced) : Http11EventKind.NeedData;
                consumed = (int)Math.Min(input.Length, _left);
                _left -= consumed;
                return TakeData(input[..consumed], false, false);

            case BodyFraming.Chunked:
                return ReadChunked(input, endOfInput, ref consumed);

            default:
                if (input.IsEmpty)
                    return endOfInput ? EndMessage() : Http11EventKind.NeedData;
                consumed = input.Length;
                return TakeData(input, false, false);
        }
    }

    private Http11EventKind ReadChunked(ReadOnlyMemory<byte> input, bool endOfInput, ref int consumed)
    {
        if (!_chunks.IsInTrailers)
        {
            var count = _chunks.Read(input.Span, out var framing, out var isStart, out var isEnd);
            consumed = framing + count;
            if (count > 0)
                return TakeData(input.Slice(framing, count), isStart, isEnd);
            if (!_chunks.IsInTrailers)
                return endOfInput ? throw CutOff() : Http11EventKind.NeedData;
            _head.BeginTrailers();
            input = input[framing..];
        }

        if (!_head.TryRead(input.Span))
            return endOfInput ? throw CutOff() : Http11EventKind.NeedData;
        consumed += _head.Length;
        _head.Trailers.Bytes = input;
        exchange.TryEndOfMessage(sender);
        return Http11EventKind.EndOfMessage;
    }

    private Http11EventKind TakeData(ReadOnlyMemory<byte> data, bool isStart, bool isEnd)
    {
        exchange.TryData(sender);
        Data = data;
        ChunkStart = isStart;
        ChunkEnd = isEnd;
        return Http11EventKind.Data;
    }

    private Http11EventKind EndMessage()
    {
        exchange.TryEndOfMessage(sender);
        return Http11EventKind.EndOfMessage;
    }

    private Http11EventKind ReadEnd(bool endOfInput)
    {
        if (!endOfInput)
            return Http11EventKind.NeedData;
        if (!exchange.Machine.TryMove(sender, StateEvent.ConnectionClosed))
            throw new RemoteProtocolException("The connection closed before the response came (RFC 9112 8).");
        return Http11EventKind.ConnectionClosed;
    }

    private RemoteProtocolException OutOfOrder(string what) =>
        new($"The peer sent {what} out of order: the {(sender == Http11Role.Client ? "client" : "server")} is in state {exchange.Machine[sender]}.");

    private static RemoteProtocolException CutOff(long came, long announced) =>
        new($"The connection closed after {came} of {announced} bytes of a body (RFC 9112 8).");

    private static RemoteProtocolException CutOff() => new("The connection closed in the middle of a message (RFC 9112 8).");
}
