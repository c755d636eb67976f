using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using JsonRpcLite.Http11;

namespace JsonRpcLite;

/// <summary>
/// An exchange of <see cref="SocketTransport"/>, with all that a request in progress needs: the engine, what was received, the buffers. Used again for other requests, of
/// any connection, unless its handler was left behind.
/// </summary>
internal sealed class SocketExchange : HttpExchange
{
    /// <summary>Room for the head in front of the reply's body. A longer head is copied together with the body.</summary>
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

    /// <summary>Of a reply in pieces: the piece that is being sent, with its framing.</summary>
    private readonly BodyBuffer _piece = new();

    private bool _isLastReply;
    private bool _isEndOfInput;

    /// <summary>What was wrong with the head.</summary>
    private RemoteProtocolException? _framingError;

    /// <summary>Whether this carries a refusal that is not the flow's.</summary>
    private bool _isRefusal;

    /// <summary>Whether the request has come to its end. The engine's state alone does not tell: it may be done, or about to close, or about to change the protocol.</summary>
    private bool _isWhole;

    public SocketExchange(ServerTransportContext context, ConnectionClock clock, bool isSecure)
        : base(context.Limits, Headroom)
    {
        _clock = clock;
        _isSecure = isSecure;
        _engine = new Http11Connection(Http11Role.Server, OptionsFor(context.Limits));
    }

    /// <summary>Whether bytes of another request are here already.</summary>
    public bool HasInput => !_input.IsEmpty;

    /// <summary>Whether the reply that was sent lets the connection go on.</summary>
    public bool IsConnectionKept { get; private set; }

    public void Begin(ServerConnection connection) => _connection = connection;

    /// <summary>Lets this carry a refusal of a connection whose phase is <see cref="ConnectionPhase.Refusing"/>: the last thing that is sent there.</summary>
    public void BeginRefusal(ServerConnection connection)
    {
        _connection = connection;
        _isRefusal = true;
        (Method, Target) = ("-", "-");
    }

    /// <summary>Framing in doubt: one answer, and nothing of this connection is believed any more. Takes back what was read of the request.</summary>
    public ValueTask<ExchangeOutcome> RefuseFramingAsync(ServerTransportContext context)
    {
        ClearResponse();
        (Method, Target) = ("-", "-");
        return context.RefuseAsync(this, _framingError!.StatusHint, _framingError.Message);
    }

    /// <summary>For the clock, once the flow can send no more: the peer has sent a reset.</summary>
    public void Abandon() => OnPeerGone();

    public Task WhenLeft() => WhenBodyIsLeft();

    /// <summary>Takes what is there now. <c>false</c>: nothing is. That the peer has closed is something.</summary>
    public ValueTask<bool> TryReceiveAsync()
    {
        var receiving = _connection.TryReceiveAsync(_input.GetRoom());
        return receiving.IsCompletedSuccessfully ? new ValueTask<bool>(TryFill(receiving.Result)) : AwaitAsync(this, receiving);

        static async ValueTask<bool> AwaitAsync(SocketExchange exchange, ValueTask<int> receiving) => exchange.TryFill(await receiving.ConfigureAwait(false));
    }

    /// <summary>Reads the next request's head.</summary>
    /// <returns>How that has ended: <see cref="ConnectionEvent.HeadCame"/>, <see cref="ConnectionEvent.FramingBroken"/> or <see cref="ConnectionEvent.PeerClosed"/>.</returns>
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

    /// <summary>Makes ready for another request, on the same connection or, without input, on any. <c>false</c>: somebody still uses it; it must be left alone.</summary>
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
            throw new HttpRefusalException(400, $"The connection broke off after {BodyBytesRead} bytes of the body.");
        }
    }

    protected override bool CanStream => true;

    /// <summary>With a reset: no end mark, and no end of the connection that could be taken for one.</summary>
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

    /// <summary>Whether the connection ends with this reply. Bytes of a body that nobody read, or that somebody still reads, would be taken for the next request.</summary>
    private bool IsLast(HttpResponseHead head) => head.EndsConnection || _connection.IsStopping || !WhenLeft().IsCompleted || !_isWhole;

    /// <summary>The whole reply. Valid until <see cref="TryEnd"/>.</summary>
    private ReadOnlyMemory<byte> MakeReply(HttpResponseHead head, ReadOnlyMemory<byte> body)
    {
        var isLast = IsLast(head);
        var written = _head.Write(_engine, head.StatusCode, head.Headers, head.ContentLength, body.Length, isLast, _clock.Date);
        IsConnectionKept = !isLast && _engine.CanStartNextCycle;
        return !body.IsEmpty && written.Length <= Headroom ? ResponseBody.PrependHead(written) : Join(written, body.Span);
    }

    /// <summary>The bytes of a reply that is not the flow's, which may go on using everything in this object.</summary>
    private byte[] MakeEarlyReply(HttpResponseHead head, ReadOnlySpan<byte> body)
    {
        // The connection's own engine may be at work for the handler. This one has seen no request, and knows nothing of HEAD: it is told of all of the body.
        var engine = new Http11Connection(Http11Role.Server);
        var written = new ReplyHead().Write(engine, head.StatusCode, head.Headers, head.ContentLength, head.ContentLength ?? 0, isLast: true, _clock.Date);
        return [.. written, .. body];
    }

    private static Http11Options OptionsFor(HttpLimits limits)
    {
        // The exact limits of target and fields are the handlers', which answer in words of their own. Here is room for what belongs to the lines besides.
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

    /// <summary>A body of told length that came together with its head is lent where it lies.</summary>
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
                    if (ContentLength is { } told && !HasInput && !_isEndOfInput)
                    {
                        length = await ReceiveIntoBodyAsync(length, (int)told).ConfigureAwait(false);
                    }
                    else
                    {
                        await ReceiveAsync().ConfigureAwait(false);
                    }
                    if (!_connection.IsHandling)
                        throw new HttpRefusalException(408, "The call was answered before its body had come.");
                    break;
            }
            kind = ReadEvent();
        }
    }

    /// <summary>Receives where the body will stand; never more than belongs to it.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReceiveIntoBodyAsync(int length, int told)
    {
        if (length == _body.Length)
            GrowBody(length, BodyArrays.NextSize(length, told));
        var room = _body.AsMemory(length, Math.Min(_body.Length, told) - length);
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
