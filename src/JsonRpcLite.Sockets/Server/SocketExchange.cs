using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using JsonRpcLite.Http11;

namespace JsonRpcLite;

/// <summary>An exchange of <see cref="SocketTransport"/>, with everything that a request in progress needs.</summary>
/// <remarks>This is the engine, the received bytes and the buffers. It is reused for other requests of any connection, unless its handler was left behind.</remarks>
internal sealed class SocketExchange : HttpExchange
{
    /// <summary>The room for the head in front of the reply's body.</summary>
    /// <remarks>A longer head is copied together with the body.</remarks>
    private const int Headroom = 384;

    private readonly ConnectionClock _clock;
    private readonly bool _isSecure;
    private readonly Http11Connection _engine;
    private readonly InputBuffer _input = new();
    private readonly HeadTexts _texts = new();
    private readonly ReplyHead _head = new();
    private ServerConnection _connection = null!;
    private byte[] _body = [];
    private byte[] _headAndBody = [];

    /// <summary>For a streamed reply: the piece that is being sent, with its framing.</summary>
    private readonly BodyBuffer _piece = new();

    private bool _isLastReply;
    private bool _isEndOfInput;

    /// <summary>The error in the head.</summary>
    private RemoteProtocolException? _framingError;

    /// <summary>Whether this exchange carries a refusal, which another thread than the flow sends.</summary>
    private bool _isRefusal;

    /// <summary>Whether the request has been read to its end.</summary>
    /// <remarks>The engine's state alone does not show it: the engine may be done, or must close, or may switch protocols.</remarks>
    private bool _isWhole;

    public SocketExchange(ServerTransportContext context, ConnectionClock clock, bool isSecure)
        : base(context.Limits, Headroom)
    {
        _clock = clock;
        _isSecure = isSecure;
        _engine = new Http11Connection(Http11Role.Server, OptionsFor(context.Limits));
    }

    /// <summary>Whether bytes of another request have arrived.</summary>
    public bool HasInput => !_input.IsEmpty;

    /// <summary>Whether the connection continues after the reply that was sent.</summary>
    public bool IsConnectionKept { get; private set; }

    public void Begin(ServerConnection connection) => _connection = connection;

    /// <summary>Prepares a refusal, the last reply of a connection in the phase <see cref="ConnectionPhase.Refusing"/>.</summary>
    public void BeginRefusal(ServerConnection connection)
    {
        _connection = connection;
        _isRefusal = true;
        (Method, Target) = ("-", "-");
    }

    /// <summary>Rejects a request with malformed framing.</summary>
    /// <remarks>Nothing else that comes from this connection can be trusted. It discards what was read of the request.</remarks>
    public ValueTask<ExchangeOutcome> RefuseFramingAsync(ServerTransportContext context)
    {
        ClearResponse();
        (Method, Target) = ("-", "-");
        return context.RefuseAsync(this, _framingError!.StatusHint, _framingError.Message);
    }

    /// <summary>Cancels the call, because the peer has sent a reset.</summary>
    /// <remarks>The clock calls it once the flow can send no more.</remarks>
    public void Abandon() => OnPeerGone();

    public Task WhenLeft() => WhenBodyIsLeft();

    /// <summary>Reads the available input; <c>false</c> if there is none.</summary>
    /// <remarks>The peer's end counts as input.</remarks>
    public ValueTask<bool> TryReceiveAsync()
    {
        var receiving = _connection.TryReceiveAsync(_input.GetRoom());
        return receiving.IsCompletedSuccessfully ? new ValueTask<bool>(TryFill(receiving.Result)) : AwaitAsync(this, receiving);

        static async ValueTask<bool> AwaitAsync(SocketExchange exchange, ValueTask<int> receiving) => exchange.TryFill(await receiving.ConfigureAwait(false));
    }

    /// <summary>Reads the head of the next request.</summary>
    /// <returns>The event: <see cref="ConnectionEvent.HeadCame"/>, <see cref="ConnectionEvent.FramingBroken"/> or <see cref="ConnectionEvent.PeerClosed"/>.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ConnectionEvent> ReadHeadAsync()
    {
        try
        {
            while (true)
            {
                switch (ReadEvent())
                {
                    case Http11EventKind.Request:
                        TakeHead();
                        return ConnectionEvent.HeadCame;
                    case Http11EventKind.NeedData:
                        await ReceiveAsync().ConfigureAwait(false);
                        break;
                    default:
                        return ConnectionEvent.PeerClosed;
                }
            }
        }
        catch (RemoteProtocolException e)
        {
            _framingError = e;
            return ConnectionEvent.FramingBroken;
        }
    }

    /// <summary>Prepares for another request on the same connection or, without input, on any connection.</summary>
    /// <returns><c>false</c> if the handler's code still uses the exchange, which then must not be reused.</returns>
    public bool TryEnd(bool keepsInput)
    {
        if (!TryReset())
            return false;
        _isRefusal = false;
        _framingError = null;
        IsConnectionKept = false;
        Return(ref _body);
        Return(ref _headAndBody);
        _piece.Release();
        _isWhole = _isLastReply = false;
        if (keepsInput)
        {
            _engine.StartNextCycle();
            return true;
        }
        _engine.Reset();
        _input.Release();
        _isEndOfInput = false;
        _connection = null!;
        return true;
    }

    protected override ValueTask<ReadOnlyMemory<byte>> ReadBodyCoreAsync(CancellationToken cancellationToken)
    {
        if (_isWhole)
            return default;
        if (_engine.ClientIsWaitingForContinue && !HasInput)
            return ReadRestAsync(first: null);
        Http11EventKind first;
        try
        {
            first = ReadEvent();
        }
        catch (RemoteProtocolException e)
        {
            throw new HttpRefusalException(e.StatusHint, e.Message);
        }
        return IsWholeBody(first) ? new(LendWholeBody()) : ReadRestAsync(first);
    }

    private bool IsWholeBody(Http11EventKind first) => first == Http11EventKind.Data && _engine.Data.Length == ContentLength;

    /// <summary>Reads a body that did not come together with its head.</summary>
    /// <param name="first">The event that was read; <c>null</c> where the client waits for 100 (Continue).</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadOnlyMemory<byte>> ReadRestAsync(Http11EventKind? first)
    {
        try
        {
            if (first is null)
                await _connection.SendContinueAsync().ConfigureAwait(false);
            var read = first ?? ReadEvent();
            return IsWholeBody(read) ? LendWholeBody() : await CollectBodyAsync(read).ConfigureAwait(false);
        }
        catch (RemoteProtocolException e)
        {
            throw new HttpRefusalException(e.StatusHint, e.Message);
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException && e is not BodyTooLargeException)
        {
            throw new HttpRefusalException(400, $"The connection ended after {BodyBytesRead} bytes of the body.");
        }
    }

    protected override bool CanStream => true;

    /// <summary>Aborts with a reset, so that the peer takes neither an end mark nor the end of the connection for the end of the reply.</summary>
    protected override void Abort() => _connection.TryMove(ConnectionEvent.StreamBroken);

    protected override ValueTask SendAsync(HttpResponseHead head, ReadOnlyMemory<byte> body, ReplyPart part)
    {
        if (part == ReplyPart.Last)
            return SendLastPartAsync(head, body);
        if (part != ReplyPart.Whole)
            return SendPartAsync(head, body, part == ReplyPart.First);
        if (head.IsEarly)
            return new ValueTask(_connection.SendEarlyAsync(ConnectionEvent.EarlyReplyBegins, MakeEarlyReply(head, body.Span)));
        if (_isRefusal)
            return new ValueTask(_connection.SendEarlyAsync(ConnectionEvent.RefusalBegins, MakeEarlyReply(head, body.Span)));
        if (_connection.TryMove(ConnectionEvent.ReplyBegins))
            return _connection.SendAsync(MakeReply(head, body));
        return ValueTask.FromException(new IOException("The connection was closed before the reply was sent."));
    }

    private async ValueTask SendPartAsync(HttpResponseHead head, ReadOnlyMemory<byte> body, bool isFirst)
    {
        if (!_connection.TryMove(ConnectionEvent.PartBegins))
            throw new IOException("The connection was closed in the middle of the reply.");
        _piece.Clear();
        if (isFirst)
        {
            _isLastReply = IsLast(head);
            _head.WriteTo(_piece, _engine, head.StatusCode, head.Headers, length: null, _isLastReply, _clock.Date);
        }
        WriteData(body.Span);
        await _connection.SendAsync(_piece.WrittenMemory).ConfigureAwait(false);
        if (!_connection.TryMove(ConnectionEvent.PartSent))
            throw new IOException("The connection was closed in the middle of the reply.");
    }

    private ValueTask SendLastPartAsync(HttpResponseHead head, ReadOnlyMemory<byte> body)
    {
        if (!_connection.TryMove(ConnectionEvent.ReplyBegins))
            return ValueTask.FromException(new IOException("The connection was closed in the middle of the reply."));
        _piece.Clear();
        WriteData(body.Span);
        _engine.SendEndOfMessage(_piece);
        IsConnectionKept = !_isLastReply && !head.EndsConnection && !_connection.IsStopping && _engine.CanStartNextCycle;
        return _piece.Length == 0 ? default : _connection.SendAsync(_piece.WrittenMemory);
    }

    private void WriteData(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
            return;
        _engine.BeginData(_piece, data.Length);
        data.CopyTo(_piece.GetSpan(data.Length));
        _piece.Advance(data.Length);
        _engine.EndData(_piece);
    }

    /// <summary>Whether the connection ends after this reply.</summary>
    /// <remarks>Body bytes that were not read, or that the handler's code still reads, would be taken for the next request.</remarks>
    private bool IsLast(HttpResponseHead head) => head.EndsConnection || _connection.IsStopping || !WhenLeft().IsCompleted || !_isWhole;

    /// <summary>The whole reply, valid until <see cref="TryEnd"/>.</summary>
    private ReadOnlyMemory<byte> MakeReply(HttpResponseHead head, ReadOnlyMemory<byte> body)
    {
        var isLast = IsLast(head);
        var written = _head.Write(_engine, head.StatusCode, head.Headers, head.ContentLength, body.Length, isLast, _clock.Date);
        IsConnectionKept = !isLast && _engine.CanStartNextCycle;
        return !body.IsEmpty && written.Length <= Headroom ? ResponseBody.PrependHead(written) : Join(written, body.Span);
    }

    /// <summary>The bytes of a reply that another thread sends, while the flow may still use everything in this object.</summary>
    private byte[] MakeEarlyReply(HttpResponseHead head, ReadOnlySpan<byte> body)
    {
        // The handler may still use the connection's engine. This new engine has seen no request, so that it does not know of HEAD and expects the whole body.
        var engine = new Http11Connection(Http11Role.Server);
        var written = new ReplyHead().Write(engine, head.StatusCode, head.Headers, head.ContentLength, head.ContentLength ?? 0, isLast: true, _clock.Date);
        return [.. written, .. body];
    }

    private static Http11Options OptionsFor(HttpLimits limits)
    {
        // The handlers enforce the exact limits of the target and the header fields, with their own messages. These limits add room for the rest of the lines.
        const int method = 64, layout = 256, fields = 16, most = 1 << 30;
        return new Http11Options
        {
            MaxStartLineSize = Math.Min(limits.MaxRequestTargetSize, most - method) + method,
            MaxHeadSize = Math.Min(limits.MaxRequestHeadSize, most - layout) + layout,
            MaxFieldCount = Math.Min(limits.MaxRequestHeaderCount, most - fields) + fields,
        };
    }

    private void TakeHead()
    {
        Method = _texts.Method(_engine.Method);
        Target = _texts.Target(_engine.Target);
        Scheme = _isSecure ? Uri.UriSchemeHttps : Uri.UriSchemeHttp;
        ProtocolVersion = _engine.TheirVersion ?? HttpVersion.Version11;
        RemoteEndPoint = _connection.RemoteEndPoint;
        ClientCertificate = _connection.ClientCertificate;
        _texts.CopyFields(_engine.Fields, RequestHeaders);
        ContentLength = _engine.ContentLength;
        if (!_engine.IsChunked && ContentLength is null or 0)
            ReadEvent();
    }

    private Http11EventKind ReadEvent()
    {
        var kind = _engine.Read(_input.Unread, _isEndOfInput, out var consumed);
        _input.Consume(consumed);
        _isWhole |= kind == Http11EventKind.EndOfMessage;
        return kind;
    }

    private ValueTask ReceiveAsync()
    {
        var receiving = _connection.ReceiveAsync(_input.GetRoom());
        if (!receiving.IsCompletedSuccessfully)
            return AwaitAsync(this, receiving);
        Fill(receiving.Result);
        return default;

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
        static async ValueTask AwaitAsync(SocketExchange exchange, ValueTask<int> receiving) => exchange.Fill(await receiving.ConfigureAwait(false));
    }

    private bool TryFill(int count)
    {
        if (count == Wire.Nothing)
            return false;
        Fill(count);
        return true;
    }

    private void Fill(int count)
    {
        _input.Fill(count);
        _isEndOfInput |= count == 0;
    }

    /// <summary>Lends a body of declared length that arrived together with its head, without copying it.</summary>
    private ReadOnlyMemory<byte> LendWholeBody()
    {
        var body = _engine.Data;
        BodyBytesRead = body.Length;
        ReadEvent();
        return body;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadOnlyMemory<byte>> CollectBodyAsync(Http11EventKind kind)
    {
        var length = 0;
        while (true)
        {
            switch (kind)
            {
                case Http11EventKind.Data:
                    length = Append(_engine.Data.Span, length);
                    break;
                case Http11EventKind.EndOfMessage:
                    return _body.AsMemory(0, length);
                default:
                    if (ContentLength is { } declared && !HasInput && !_isEndOfInput)
                    {
                        length = await ReceiveIntoBodyAsync(length, (int)declared).ConfigureAwait(false);
                    }
                    else
                    {
                        await ReceiveAsync().ConfigureAwait(false);
                    }
                    if (!_connection.IsHandling)
                        throw new HttpRefusalException(408, "The call was answered before its body was received.");
                    break;
            }
            kind = ReadEvent();
        }
    }

    /// <summary>Receives directly into the body's buffer, never more than the rest of the body.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReceiveIntoBodyAsync(int length, int declared)
    {
        if (length == _body.Length)
            GrowBody(length, BodyArrays.NextSize(length, declared));
        var room = _body.AsMemory(length, Math.Min(_body.Length, declared) - length);
        var count = await _connection.ReceiveAsync(room).ConfigureAwait(false);
        if (count == 0)
        {
            _isEndOfInput = true;
            return length;
        }
        _engine.Read(room[..count], endOfInput: false, out _);
        BodyBytesRead = length + count;
        return length + count;
    }

    private int Append(ReadOnlySpan<byte> data, int length)
    {
        if (data.Length > MaxRequestBodySize - length)
            throw BodyTooLarge();
        if (length + data.Length > _body.Length)
            GrowBody(length, Math.Max(length + data.Length, 2L * _body.Length));
        data.CopyTo(_body.AsSpan(length));
        BodyBytesRead = length + data.Length;
        return length + data.Length;
    }

    private void GrowBody(int length, long wanted)
    {
        var larger = BodyArrays.Rent((int)Math.Min(wanted, Array.MaxLength));
        _body.AsSpan(0, length).CopyTo(larger);
        Return(ref _body);
        _body = larger;
    }

    private ReadOnlyMemory<byte> Join(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
    {
        _headAndBody = BodyArrays.Rent(head.Length + body.Length);
        head.CopyTo(_headAndBody);
        body.CopyTo(_headAndBody.AsSpan(head.Length));
        return _headAndBody.AsMemory(0, head.Length + body.Length);
    }

    private static void Return(ref byte[] array)
    {
        BodyArrays.Return(array);
        array = [];
    }
}
