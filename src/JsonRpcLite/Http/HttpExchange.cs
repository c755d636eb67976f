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
public partial class HttpExchange
{
    private string _target = "/";
    private string? _path;
    private Dictionary<object, object?>? _items;
    private readonly int? _maxResponseBodySize;
    private int _statusCode = 200;
    private HeaderFields? _snapshot;
    private bool _hasBegun;
    private volatile StandingHeaders _standing = StandingHeaders.None;

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
    /// <remarks>
    /// Behind a proxy of <see cref="JsonRpcServerOptions.TrustedProxies"/> it is who called the proxy; its port is 0 where the proxy does not say it. Behind any other proxy it is
    /// the proxy.
    /// </remarks>
    public EndPoint? RemoteEndPoint { get; set; }

    /// <summary>On a server with TLS: the certificate that the client showed and the transport's own settings accepted; else <c>null</c>.</summary>
    public X509Certificate? ClientCertificate { get; set; }

    /// <summary>On a server: the authenticated caller, as <see cref="JsonRpcServerOptions.Authenticate"/> says; <c>null</c> where that is not set.</summary>
    public ClaimsPrincipal? User { get; set; }

    /// <summary>What happens when the call of a client is repeated, for a transport that hands it on to others that may repeat it.</summary>
    internal JsonRpcIdempotency Idempotency { get; set; }

    /// <summary>
    /// What handlers and middleware share while they serve this exchange, such as a request's id. Empty at first, and created when it is first used. All calls of a batch share it:
    /// not thread-safe.
    /// </summary>
    public IDictionary<object, object?> Items => _items ??= [];

    /// <summary>On a client: where the request goes, absolute. <c>null</c> on a server.</summary>
    /// <exception cref="ArgumentException">The address holds user information (<c>name:password@</c>), which would not be sent. Set the header <c>Authorization</c>
    /// instead.</exception>
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
    /// <exception cref="InvalidOperationException">The reply has begun (<see cref="FlushAsync"/>), and its status has left.</exception>
    public int StatusCode
    {
        get => _statusCode;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, IsOnServer ? 200 : 100);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, IsOnServer ? 599 : 999);
            RefuseChangeOfHead();
            _statusCode = value;
        }
    }

    /// <summary>The fields of the reply, without those of the framing (<c>Content-Length</c>, <c>Connection</c>), which the transport writes.</summary>
    public HeaderFields ResponseHeaders { get; } = [];

    /// <summary>The body of the reply, limited by <see cref="JsonRpcServerLimits.MaxResponseBodySize"/>.</summary>
    public BodyBuffer ResponseBody { get; }

    /// <summary>
    /// Set by a handler, ends the connection after this reply. It stands for every reply of the exchange. A transport also ends a connection for reasons of its own.
    /// </summary>
    public bool CloseConnection { get; set; }

    /// <summary>On a server: whether the reply's head has left, by <see cref="FlushAsync"/>. Its status and its header fields cannot be changed any more.</summary>
    public bool HasBegun => _hasBegun;

    /// <summary>
    /// For a transport on a host that has begun an activity for this request itself, as ASP.NET Core may: spans of calls are its children then
    /// (<see cref="System.Diagnostics.Activity.Current"/>), the request's <c>traceparent</c> is not read again, and plain calls are left to the host's own span and metric of HTTP.
    /// <c>false</c> by default.
    /// </summary>
    protected internal bool HasAmbientActivity { get; set; }

    /// <summary>Header fields of every reply of this exchange, early ones and refusals too.</summary>
    internal StandingHeaders Standing => _standing;

    /// <summary>On a server: whether a trusted proxy has handed the request on, so that it does not come from this machine.</summary>
    internal bool IsForwarded { get; set; }

    /// <summary>Whether middleware has ended without its <c>next</c>, which what it has left behind may still call: the exchange is never used again then.</summary>
    internal bool IsSpent { get; set; }

    /// <summary>What the server that serves this object keeps with it from one exchange to the next.</summary>
    internal object? ServerState { get; set; }

    /// <summary>What a handler keeps with this object from one exchange to the next.</summary>
    internal object? HandlerState { get; set; }

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
    /// On a server: sets a header field of every reply to this exchange: the handler's, an early one after a time-out, a refusal. <see cref="ClearResponse"/> leaves it. It takes
    /// the place of a field of that name that a handler sets; but values of <c>Vary</c> add up. For handlers that stand around others, before they call on.
    /// </summary>
    /// <exception cref="ArgumentException">It is not a header field (RFC 9110 5), or one that the transport writes, such as <c>Content-Length</c>.</exception>
    /// <exception cref="InvalidOperationException">The reply has begun.</exception>
    public void AddStandingHeader(string name, string value)
    {
        RefuseChangeOfHead();
        _standing = _standing.With(name, value);
    }

    /// <summary>On a client: the fields of the reply as they are now, for an exception. All exceptions of one reply share them.</summary>
    internal HeaderFields SnapshotResponseHeaders() => _snapshot ??= ResponseHeaders.ToReadOnly();

    /// <summary>
    /// Takes back all that was written of the reply: status, fields and body. Standing fields and <see cref="CloseConnection"/> stay. Of a reply that has begun
    /// (<see cref="HasBegun"/>) it takes back what has not been flushed.
    /// </summary>
    public void ClearResponse()
    {
        if (_hasBegun)
        {
            ResponseBody.Clear();
            return;
        }
        StatusCode = 200;
        ResponseHeaders.Clear();
        ResponseBody.Clear();
        _snapshot = null;
    }

    /// <summary>Whether the transport can send the reply to this request in pieces (<see cref="ReplyPart"/>). <c>false</c> by default: then every reply is sent whole.</summary>
    protected virtual bool CanStream => false;

    /// <summary>
    /// For the transport: sends a reply, or a piece of one, with the fields of the framing that it adds. A reply is sent once, whole or in pieces one after another, by the server,
    /// which has seen to it that nobody else does: on the thread of the handler, or, where <see cref="HttpResponseHead.IsEarly"/> says so, on another while the handler still runs.
    /// </summary>
    /// <remarks>
    /// What it throws goes to the caller of <see cref="ServerTransportContext.ServeAsync"/>, and of a first or next piece to the handler; of an early reply to nobody. It must not
    /// block its thread: early replies are sent by the thread that watches over all calls.
    /// </remarks>
    /// <param name="head">Status, fields, length, and whether the connection ends. The same for all pieces of a reply.</param>
    /// <param name="body">What to send of the body: nothing to HEAD. Valid until the task ends.</param>
    /// <param name="part">Which part of the reply this is.</param>
    protected internal virtual ValueTask SendAsync(HttpResponseHead head, ReadOnlyMemory<byte> body, ReplyPart part) =>
        throw new NotSupportedException($"{GetType().Name} sends no reply.");

    /// <summary>
    /// For a transport that sends replies in pieces: ends the connection in the middle of a reply, so that the client cannot take what came for the whole. Called at most once, on
    /// any thread, also while a piece is being sent, which fails then.
    /// </summary>
    protected internal virtual void Abort()
    {
    }

    /// <summary>For the sender, when the head is about to leave: refuses changes of it from now on.</summary>
    internal void FreezeHead()
    {
        _hasBegun = true;
        ResponseHeaders.Freeze(true);
    }

    /// <summary>
    /// For the transport, when the server is done with the exchange: makes the object ready for another. False where it must never be used again: a handler that was given up still
    /// holds it, or a read of the body (<see cref="WhenBodyIsLeft"/>) or a flush was left behind, which still uses it.
    /// </summary>
    protected bool TryReset()
    {
        if (IsSpent || Volatile.Read(ref _isReading) != 0 || IsFlushing)
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
        IsForwarded = false;
        ClientCertificate = null;
        User = null;
        _items?.Clear();
        ContentLength = null;
        RequestBody = default;
        if (_hasBegun)
        {
            _hasBegun = false;
            ResponseHeaders.Freeze(false);
        }
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

    /// <summary>Whether a reply of this status may have a body (RFC 9110 6.4.1).</summary>
    public static bool HasBody(int statusCode) => statusCode is not (204 or 304);

    private void RefuseChangeOfHead()
    {
        if (_hasBegun)
            throw new InvalidOperationException($"The head of this reply has left with the first {nameof(FlushAsync)}, and cannot be changed.");
    }

    private bool IsOnServer => _maxResponseBodySize is not null;
}
