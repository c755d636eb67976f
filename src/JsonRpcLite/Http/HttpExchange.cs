using System.Buffers;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace JsonRpcLite;

/// <summary>
/// One HTTP exchange: a request and its reply, the same type on both ends. On a server the transport fills in the head, a handler reads the
/// body and writes the reply; on a client the caller writes the request, and the transport fills in the reply.
/// </summary>
/// <remarks>
/// Lent, not given: on a server the exchange, its fields and the memory of the body belong to the transport again when the handler's task
/// ends. Not thread-safe.
/// </remarks>
public class HttpExchange
{
    private string _target = "/";
    private string? _path;
    private Dictionary<object, object?>? _items;
    private readonly int? _maxResponseBodySize;
    private int _statusCode = 200;
    private HeaderFields? _snapshot;
    private bool _bodyIsRead;
    private int _isReading;
    private long _bodyBytesRead;
    private TaskCompletionSource? _bodyIsLeft;
    private HttpRefusalException? _bodyRefusal;
    private ReplyRight _right;
    private CancellationTokenSource? _cancellation;
    private volatile StandingHeaders _standing = StandingHeaders.None;
    private volatile IEarlyAnswer? _earlyAnswer;

    /// <summary>Makes an exchange for a client: POST to <c>/</c>, with no fields and no body.</summary>
    public HttpExchange()
        : this(maxResponseBodySize: int.MaxValue, headroom: 0)
    {
    }

    /// <summary>For a server's transport, which makes its own kind of exchange.</summary>
    /// <param name="limits">The server's limits, as the transport was given them.</param>
    /// <param name="headroom">How many bytes to keep free in front of the reply's body (<see cref="BodyBuffer.PrependHead"/>).</param>
    protected HttpExchange(HttpLimits limits, int headroom = 0)
        : this(limits.MaxResponseBodySize, headroom)
    {
        MaxRequestBodySize = limits.MaxRequestBodySize;
        _maxResponseBodySize = limits.MaxResponseBodySize;
    }

    private HttpExchange(int maxResponseBodySize, int headroom)
    {
        ResponseBody = new BodyBuffer(maxResponseBodySize, headroom);
    }

    /// <summary>The method, such as <c>POST</c>; case matters (RFC 9110 9.1).</summary>
    public string Method { get; set; } = "POST";

    /// <summary>The request target as it came: path and query, not decoded (RFC 9112 3.2).</summary>
    public string Target
    {
        get => _target;
        set
        {
            _target = value;
            _path = null;
        }
    }

    /// <summary>The path of the target, without the query, not decoded. Of an absolute target only its path.</summary>
    public string Path => _path ??= RequestTarget.PathOf(_target);

    /// <summary>The host that an absolute target names (RFC 9112 3.2.2); <c>null</c> where the target is a path.</summary>
    internal string? TargetAuthority => RequestTarget.AuthorityOf(_target);

    /// <summary><c>http</c> or <c>https</c>.</summary>
    public string Scheme { get; set; } = Uri.UriSchemeHttp;

    /// <summary>The version that the sender of the request speaks: 1.1 or 1.0.</summary>
    public Version ProtocolVersion { get; set; } = HttpVersion.Version11;

    /// <summary>The fields of the request.</summary>
    public HeaderFields RequestHeaders { get; } = [];

    /// <summary>On a server: who sent the request, as far as the transport knows; <c>null</c> in memory.</summary>
    public EndPoint? RemoteEndPoint { get; set; }

    /// <summary>On a server with TLS: the certificate that the client showed and the transport's own settings accepted; else <c>null</c>.</summary>
    public X509Certificate? ClientCertificate { get; set; }

    /// <summary>On a server: the authenticated caller, as <see cref="JsonRpcServerOptions.Authenticate"/> says; <c>null</c> where that is not set.</summary>
    public ClaimsPrincipal? User { get; set; }

    /// <summary>What handlers and middleware share while they serve this exchange, such as a request's id. Empty at first, and created when it is first used. All calls of a batch share it: not thread-safe.</summary>
    public IDictionary<object, object?> Items => _items ??= [];

    /// <summary>On a client: where the request goes, absolute. <c>null</c> on a server.</summary>
    /// <exception cref="ArgumentException">The address holds user information (<c>name:password@</c>), which would not be sent. Set the header <c>Authorization</c> instead.</exception>
    public Uri? Address
    {
        get;
        set
        {
            if (value is not null && !ReferenceEquals(value, field))
                UserInformation.Refuse(value, nameof(value));
            field = value;
        }
    }

    /// <summary>The length that the request tells of its body in bytes; <c>null</c> where it tells none.</summary>
    public long? ContentLength { get; set; }

    /// <summary>On a client: the body to send. On a server: the body, once <see cref="ReadBodyAsync"/> has read it, and empty before.</summary>
    public ReadOnlyMemory<byte> RequestBody { get; set; }

    /// <summary>The status of the reply; 200 by default. On a server 200 to 599: a final one.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such status.</exception>
    public int StatusCode
    {
        get => _statusCode;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, IsOnServer ? 200 : 100);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, IsOnServer ? 599 : 999);
            _statusCode = value;
        }
    }

    /// <summary>The fields of the reply, without those of the framing (<c>Content-Length</c>, <c>Connection</c>), which the transport writes.</summary>
    public HeaderFields ResponseHeaders { get; } = [];

    /// <summary>The body of the reply, limited by <see cref="JsonRpcServerLimits.MaxResponseBodySize"/>.</summary>
    public BodyBuffer ResponseBody { get; }

    /// <summary>Set by a handler, ends the connection after this reply. It stands for every reply of the exchange. A transport also ends a connection for reasons of its own.</summary>
    public bool CloseConnection { get; set; }

    /// <summary>
    /// For a transport on a host that begins an activity for each request itself, as ASP.NET Core does: spans of calls are its children then (<see cref="System.Diagnostics.Activity.Current"/>), the
    /// request's <c>traceparent</c> is not read again, and plain calls are left to the host's own span and metric of HTTP. <c>false</c> by default.
    /// </summary>
    protected internal bool HasAmbientActivity { get; init; }

    /// <summary>Whether the whole body has been read.</summary>
    protected bool BodyIsRead => _bodyIsRead;

    /// <summary>The most bytes of body that <see cref="ReadBodyAsync"/> takes.</summary>
    protected long MaxRequestBodySize { get; } = long.MaxValue;

    /// <summary>For the transport, while it reads the body: how many bytes have come so far. A body that comes too slowly is answered 408, and so is one for which there is no memory left.</summary>
    protected internal long BodyBytesRead
    {
        get => Volatile.Read(ref _bodyBytesRead);
        protected set
        {
            Volatile.Write(ref _bodyBytesRead, value);
            if (Volatile.Read(ref _isReading) != 0)
                BodyObserver?.Invoke(this, BodyStage.Coming);
        }
    }

    /// <summary>Whether the whole body has been read, for any thread.</summary>
    internal bool HasReadBody => Volatile.Read(ref _bodyIsRead);

    /// <summary>Who may send the reply.</summary>
    internal ref ReplyRight Right => ref _right;

    /// <summary>Header fields of every reply of this exchange, early ones and refusals too.</summary>
    internal StandingHeaders Standing => _standing;

    /// <summary>Ends what the function does, of an exchange that a server has opened. Belongs to one call: once cancelled, the next call gets another.</summary>
    internal CancellationToken Cancellation => _cancellation!.Token;

    /// <summary>Whether the reply was taken from the handler: too late for what it writes. The exchange is never used again.</summary>
    internal bool IsLost => _right.IsLost;

    /// <summary>Whether middleware has ended without its <c>next</c>, which what it has left behind may still call: the exchange is never used again then.</summary>
    internal bool IsSpent { get; set; }

    /// <summary>What the server that serves this object keeps with it from one exchange to the next.</summary>
    internal object? ServerState { get; set; }

    /// <summary>What a handler keeps with this object from one exchange to the next.</summary>
    internal object? HandlerState { get; set; }

    /// <summary>Is told when the body has to be waited for; <c>null</c> where nobody cares. May refuse at <see cref="BodyStage.Come"/>.</summary>
    internal Action<HttpExchange, BodyStage>? BodyObserver { get; set; }

    /// <summary>Makes the reply when the call takes too long; <c>null</c> leaves it to the server. Set by the handler, read by the watch.</summary>
    internal IEarlyAnswer? EarlyAnswer
    {
        get => _earlyAnswer;
        set => _earlyAnswer = value;
    }

    /// <summary>
    /// Reads the whole body once, into memory that is lent until the handler's task ends; later calls return the same memory. The time
    /// that reading takes does not count against <see cref="JsonRpcServerLimits.HandlerTimeout"/>.
    /// </summary>
    /// <exception cref="HttpRefusalException">
    /// The body is larger than <see cref="JsonRpcServerLimits.MaxRequestBodySize"/> (413; before reading, where the length is told), is cut
    /// off or in doubt (400), or needs a length that it does not tell (411). Left alone, the exception is the reply.
    /// </exception>
    public ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync(CancellationToken cancellationToken = default)
    {
        if (_bodyIsRead)
            return new(RequestBody);
        if (_bodyRefusal is not null)
            return ValueTask.FromException<ReadOnlyMemory<byte>>(_bodyRefusal);
        if (ContentLength > MaxRequestBodySize)
            return ValueTask.FromException<ReadOnlyMemory<byte>>(BodyTooLarge());
        var reading = ReadBodyCoreAsync(cancellationToken);
        if (!reading.IsCompletedSuccessfully)
            return AwaitBodyAsync(reading);
        RequestBody = reading.Result;
        _bodyIsRead = true;
        return new(RequestBody);
    }

    /// <summary>On a server: makes the whole reply at once; takes the place of what was written before, and leaves other fields alone.</summary>
    /// <param name="statusCode">The status, 200 to 599.</param>
    /// <param name="contentType">What the body is, such as <c>text/plain; charset=utf-8</c>.</param>
    /// <param name="body">The body; copied.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such status.</exception>
    /// <exception cref="ArgumentException">The content type cannot be a field's value.</exception>
    /// <exception cref="BodyTooLargeException">The body is over its limit.</exception>
    public void Reply(int statusCode, string contentType, ReadOnlySpan<byte> body)
    {
        StatusCode = statusCode;
        ResponseHeaders[HeaderFields.ContentType] = contentType;
        ResponseBody.Clear();
        ResponseBody.Write(body);
    }

    /// <summary>The same with text, which travels as UTF-8.</summary>
    /// <inheritdoc cref="Reply(int, string, ReadOnlySpan{byte})"/>
    public void Reply(int statusCode, string contentType, string body) => Reply(statusCode, contentType, Encoding.UTF8.GetBytes(body));

    /// <summary>
    /// On a server: sets a header field of every reply to this exchange: the handler's, an early one after a time-out, a refusal. <see cref="ClearResponse"/> leaves it. It takes the place of a
    /// field of that name that a handler sets; but values of <c>Vary</c> add up. For handlers that stand around others, before they call on.
    /// </summary>
    /// <exception cref="ArgumentException">It is not a header field (RFC 9110 5), or one that the transport writes, such as <c>Content-Length</c>.</exception>
    public void AddStandingHeader(string name, string value) => _standing = _standing.With(name, value);

    /// <summary>On a client: the fields of the reply as they are now, for an exception. All exceptions of one reply share them.</summary>
    internal HeaderFields SnapshotResponseHeaders() => _snapshot ??= ResponseHeaders.ToReadOnly();

    /// <summary>Takes back all that was written of the reply: status, fields and body. Standing fields and <see cref="CloseConnection"/> stay.</summary>
    public void ClearResponse()
    {
        StatusCode = 200;
        ResponseHeaders.Clear();
        ResponseBody.Clear();
        _snapshot = null;
    }

    /// <summary>
    /// For the transport: reads the whole body. Called once at most, and not when the told length is over the limit. Counts in
    /// <see cref="BodyBytesRead"/>, and throws <see cref="BodyTooLarge"/> as soon as more than <see cref="MaxRequestBodySize"/> has come.
    /// </summary>
    protected virtual ValueTask<ReadOnlyMemory<byte>> ReadBodyCoreAsync(CancellationToken cancellationToken) => new(RequestBody);

    /// <summary>The refusal of a body over <see cref="MaxRequestBodySize"/>.</summary>
    protected HttpRefusalException BodyTooLarge() =>
        new(413, $"The body is larger than the limit of {MaxRequestBodySize} bytes (JsonRpcServerOptions.Limits.MaxRequestBodySize).");

    /// <summary>
    /// For the transport: sends a reply, with the fields of the framing that it adds. Called at most once for an exchange, by the server, which has seen to it that nobody else does: on the thread on which
    /// the handler ended, or, where <see cref="HttpResponseHead.IsEarly"/> says so, on another while the handler still runs. What it throws goes to the caller of
    /// <see cref="ServerTransportContext.ServeAsync"/>; of an early reply to nobody. It must not block its thread: early replies are sent by the thread that watches over all calls.
    /// </summary>
    /// <param name="head">Status, fields, length, and whether the connection ends.</param>
    /// <param name="body">What to send of the body: nothing to HEAD. Valid until the task ends.</param>
    protected internal virtual ValueTask SendAsync(HttpResponseHead head, ReadOnlyMemory<byte> body) => throw new NotSupportedException($"{GetType().Name} sends no reply.");

    /// <summary>
    /// For the transport, from any thread, while it serves this exchange: the peer is gone. The token of the function is cancelled, and no reply is sent. False where the reply is on its way already, or
    /// was taken from the handler before.
    /// </summary>
    protected internal bool OnPeerGone()
    {
        // A batch may begin or end to join its answers, or somebody may cancel, between the look and the move.
        while (_right.Look() is { State: ReplyState.Open or ReplyState.Joining or ReplyState.Streaming } seen)
        {
            if (TryTake(seen, ReplyEvent.PeerGone))
                return true;
        }
        return false;
    }

    /// <summary>For any thread: takes the reply from the handler, if nothing has changed since the look, and cancels its token.</summary>
    internal bool TryTake(ReplyRight.ReplySnapshot seen, ReplyEvent happened)
    {
        // Before the move: after it, the source of a call that has ended could be another's.
        var source = _cancellation;
        if (!_right.TryMove(seen, happened))
            return false;
        // What the token's callbacks do, and for how long, is the function's concern.
        if (!seen.IsCancelled)
            _ = source?.CancelAsync();
        return true;
    }

    /// <summary>Cancels the function's token and leaves it the reply. For one who knows that this call has not ended.</summary>
    internal void CancelCall()
    {
        while (_right.Look() is { IsCancelled: false, State: ReplyState.Open or ReplyState.Joining or ReplyState.Streaming } seen)
        {
            if (!_right.TryCancel(seen))
                continue;
            _cancellation?.Cancel();
            return;
        }
    }

    /// <summary>For the server, when a request's head has come.</summary>
    /// <exception cref="InvalidOperationException">The exchange has served a request, and was not made ready for another.</exception>
    internal void Open()
    {
        _cancellation ??= new CancellationTokenSource();
        if (!_right.TryMove(ReplyEvent.HeadCame))
            throw new InvalidOperationException($"This {GetType().Name} was used before, and {nameof(TryReset)} was not called or said no.");
    }

    /// <summary>
    /// For the transport, when the server is done with the exchange: makes the object ready for another. False where it must never be used again: a handler that was given up still holds it, or a read of the
    /// body was left behind, which still writes to it (<see cref="WhenBodyIsLeft"/>).
    /// </summary>
    protected bool TryReset()
    {
        if (IsSpent || Volatile.Read(ref _isReading) != 0)
            return false;
        var wasCancelled = _right.Look().IsCancelled;
        if (!_right.TryMove(ReplyEvent.Rested))
            return false;
        // One that was cancelled may only now be about to be: it must not become another call's.
        if (wasCancelled || _cancellation is { } source && !source.TryReset())
            _cancellation = null;
        Method = "POST";
        Target = "/";
        Scheme = Uri.UriSchemeHttp;
        ProtocolVersion = HttpVersion.Version11;
        RequestHeaders.Clear();
        RemoteEndPoint = null;
        ClientCertificate = null;
        User = null;
        _items?.Clear();
        ContentLength = null;
        RequestBody = default;
        ClearResponse();
        ResponseBody.Recycle();
        ResponseBody.MaxLength = _maxResponseBodySize ?? int.MaxValue;
        CloseConnection = false;
        _bodyBytesRead = 0;
        _standing = StandingHeaders.None;
        EarlyAnswer = null;
        _bodyIsRead = false;
        _bodyRefusal = null;
        _bodyIsLeft = null;
        return true;
    }

    /// <summary>For the transport, when the handler has ended: ends when nobody reads the body any more, since a handler may have left a read behind.</summary>
    protected internal Task WhenBodyIsLeft()
    {
        if (Volatile.Read(ref _isReading) == 0)
            return Task.CompletedTask;
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _bodyIsLeft, left);
        return Volatile.Read(ref _isReading) == 0 ? Task.CompletedTask : left.Task;
    }

    /// <summary>Whether a reply of this status may have a body (RFC 9110 6.4.1).</summary>
    public static bool HasBody(int statusCode) => statusCode is not (204 or 304);

    private bool IsOnServer => _maxResponseBodySize is not null;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadOnlyMemory<byte>> AwaitBodyAsync(ValueTask<ReadOnlyMemory<byte>> reading)
    {
        Volatile.Write(ref _isReading, 1);
        try
        {
            BodyObserver?.Invoke(this, BodyStage.Awaited);
            RequestBody = await reading.ConfigureAwait(false);
            BodyObserver?.Invoke(this, BodyStage.Come);
            // It was refused while its last piece came: what was refused must not run.
            if (!_right.TryMove(ReplyEvent.BodyCame) && _right.IsLost)
                throw new HttpRefusalException(408, "The call was answered before its body had come.");
            _bodyIsRead = true;
            return RequestBody;
        }
        catch (HttpRefusalException refusal)
        {
            _bodyRefusal = refusal;
            throw;
        }
        finally
        {
            BodyObserver?.Invoke(this, BodyStage.Left);
            // Whoever waits for this says so first and looks then; here it is the other way round.
            Interlocked.Exchange(ref _isReading, 0);
            Volatile.Read(ref _bodyIsLeft)?.TrySetResult();
        }
    }
}

/// <summary>How far the reading of a body is that did not come together with its head.</summary>
internal enum BodyStage
{
    /// <summary>It has to be waited for.</summary>
    Awaited,

    /// <summary>More of it has come.</summary>
    Coming,

    /// <summary>All of it has come.</summary>
    Come,

    /// <summary>Nobody reads it any more, whether it has come or not.</summary>
    Left,
}
