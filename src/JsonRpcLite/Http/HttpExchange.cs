using System.Buffers;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace JsonRpcLite;

/// <summary>One HTTP exchange: a request and its reply, on a server or a client.</summary>
/// <remarks>
/// On a server, the transport fills in the head, and a handler reads the body and writes the reply. On a client, the caller writes the request, and the transport fills in the
/// reply. On a server, the exchange, its header fields and the memory of its body belong to the transport again when the handler's task completes, so do not keep them. Not
/// thread-safe.
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

    /// <summary>Creates an exchange for a client: POST to <c>/</c>, without header fields and body.</summary>
    public HttpExchange()
        : this(maxResponseBodySize: int.MaxValue, headroom: 0)
    {
    }

    /// <summary>Creates an exchange of a server; called by a transport's derived class.</summary>
    /// <param name="limits">The server's limits, which the transport received.</param>
    /// <param name="headroom">The number of bytes to keep free in front of the reply's body (<see cref="BodyBuffer.PrependHead"/>).</param>
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

    /// <summary>The method, such as <c>POST</c>; case-sensitive (RFC 9110 9.1).</summary>
    public string Method { get; set; } = "POST";

    /// <summary>The request target as received: path and query, not decoded (RFC 9112 3.2).</summary>
    public string Target
    {
        get => _target;
        set
        {
            _target = value;
            _path = null;
        }
    }

    /// <summary>The path of the target, not decoded and without the query.</summary>
    /// <remarks>For a target in absolute form it is also only the path.</remarks>
    public string Path => _path ??= RequestTarget.PathOf(_target);

    /// <summary>The authority of a target in absolute form (RFC 9112 3.2.2); <c>null</c> where the target is a path.</summary>
    internal string? TargetAuthority => RequestTarget.AuthorityOf(_target);

    /// <summary>The scheme: <c>http</c> or <c>https</c>.</summary>
    public string Scheme { get; set; } = Uri.UriSchemeHttp;

    /// <summary>The HTTP version of the request's sender: 1.1 or 1.0.</summary>
    public Version ProtocolVersion { get; set; } = HttpVersion.Version11;

    /// <summary>The header fields of the request.</summary>
    public HeaderFields RequestHeaders { get; } = [];

    /// <summary>On a server: the address of the request's sender, as far as the transport knows it; <c>null</c> in memory.</summary>
    /// <remarks>
    /// Behind a proxy of <see cref="JsonRpcServerOptions.TrustedProxies"/> it is the address of the proxy's client; its port is 0 where the proxy does not report it. Behind any
    /// other proxy it is the address of the proxy.
    /// </remarks>
    public EndPoint? RemoteEndPoint { get; set; }

    /// <summary>On a server with TLS: the client's certificate, accepted by the transport's settings; otherwise <c>null</c>.</summary>
    public X509Certificate? ClientCertificate { get; set; }

    /// <summary>On a server: the caller that <see cref="JsonRpcServerOptions.Authenticate"/> returned; <c>null</c> where that is not set.</summary>
    public ClaimsPrincipal? User { get; set; }

    /// <summary>The idempotency of a client's call, for a transport that forwards it to components that may repeat it.</summary>
    internal JsonRpcIdempotency Idempotency { get; set; }

    /// <summary>The data that handlers and middleware share while they serve this exchange, such as a request's id.</summary>
    /// <remarks>Empty at first, and created when it is first used. All calls of a batch share it: not thread-safe.</remarks>
    public IDictionary<object, object?> Items => _items ??= [];

    /// <summary>On a client: the absolute address of the request.</summary>
    /// <remarks><c>null</c> on a server.</remarks>
    /// <exception cref="ArgumentException">
    /// The address contains user information (<c>name:password@</c>), which would not be sent. Set the header <c>Authorization</c> instead.
    /// </exception>
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

    /// <summary>The declared length of the request's body in bytes; <c>null</c> where none is declared.</summary>
    public long? ContentLength { get; set; }

    /// <summary>The body of the request.</summary>
    /// <remarks>On a client it is the body to send. On a server it is empty until <see cref="ReadBodyAsync"/> has read the body.</remarks>
    public ReadOnlyMemory<byte> RequestBody { get; set; }

    /// <summary>The status of the reply; 200 by default.</summary>
    /// <remarks>On a server it is 200 to 599: a final status.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The status is out of range.</exception>
    /// <exception cref="InvalidOperationException">The reply has begun (<see cref="FlushAsync"/>), and its status was sent.</exception>
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

    /// <summary>The header fields of the reply, without <c>Content-Length</c>, <c>Connection</c> and others that the transport writes.</summary>
    public HeaderFields ResponseHeaders { get; } = [];

    /// <summary>The body of the reply, limited by <see cref="JsonRpcServerLimits.MaxResponseBodySize"/>.</summary>
    public BodyBuffer ResponseBody { get; }

    /// <summary>Gets or sets whether a handler closes the connection after this reply.</summary>
    /// <remarks>It applies to every reply of the exchange. A transport may also close a connection for other reasons.</remarks>
    public bool CloseConnection { get; set; }

    /// <summary>On a server: gets whether the reply's head was sent, by <see cref="FlushAsync"/>.</summary>
    /// <remarks>Its status and header fields cannot be changed any more.</remarks>
    public bool HasBegun => _hasBegun;

    /// <summary>For a transport: gets or sets whether the host has started an activity for this request, as ASP.NET Core may.</summary>
    /// <remarks>
    /// If so, spans of calls are its children (<see cref="System.Diagnostics.Activity.Current"/>), the request's <c>traceparent</c> is not read again, and plain calls are
    /// covered only by the host's HTTP span and metric. <c>false</c> by default.
    /// </remarks>
    protected internal bool HasAmbientActivity { get; set; }

    /// <summary>Header fields of every reply of this exchange, including early replies and refusals.</summary>
    internal StandingHeaders Standing => _standing;

    /// <summary>On a server: whether a trusted proxy has forwarded the request, so that it does not come from this machine.</summary>
    internal bool IsForwarded { get; set; }

    /// <summary>Whether middleware has completed without calling <c>next</c>; such an exchange is never reused.</summary>
    /// <remarks>Code that the middleware has left running may still call <c>next</c>.</remarks>
    internal bool IsSpent { get; set; }

    /// <summary>State that the server stores with this object from one exchange to the next.</summary>
    internal object? ServerState { get; set; }

    /// <summary>State that a handler stores with this object from one exchange to the next.</summary>
    internal object? HandlerState { get; set; }

    /// <summary>On a server: sets the status, content type and body of the reply.</summary>
    /// <remarks>It replaces the status, content type and body set before, and keeps other header fields.</remarks>
    /// <param name="statusCode">The status, 200 to 599.</param>
    /// <param name="contentType">The media type of the body, such as <c>text/plain; charset=utf-8</c>.</param>
    /// <param name="body">The body; copied.</param>
    /// <exception cref="ArgumentOutOfRangeException">The status is out of range.</exception>
    /// <exception cref="ArgumentException">The content type is not a valid header value.</exception>
    /// <exception cref="BodyTooLargeException">The body exceeds its limit.</exception>
    public void Reply(int statusCode, string contentType, ReadOnlySpan<byte> body)
    {
        StatusCode = statusCode;
        ResponseHeaders[HeaderFields.ContentType] = contentType;
        ResponseBody.Clear();
        ResponseBody.Write(body);
    }

    /// <summary>On a server: sets the status, content type and body of the reply, with a text that is sent as UTF-8.</summary>
    /// <inheritdoc cref="Reply(int, string, ReadOnlySpan{byte})"/>
    public void Reply(int statusCode, string contentType, string body) => Reply(statusCode, contentType, Encoding.UTF8.GetBytes(body));

    /// <summary>On a server: sets a header field of every reply to this exchange.</summary>
    /// <remarks>
    /// The replies are the handler's, an early reply after a time-out, and a refusal. <see cref="ClearResponse"/> keeps the header field. It replaces one of the same name that a
    /// handler sets, but values of <c>Vary</c> are combined. For handlers around other handlers, before they call them.
    /// </remarks>
    /// <exception cref="ArgumentException">It is not a valid header field (RFC 9110 5), or only the transport writes it, such as <c>Content-Length</c>.</exception>
    /// <exception cref="InvalidOperationException">The reply has begun.</exception>
    public void AddStandingHeader(string name, string value)
    {
        RefuseChangeOfHead();
        _standing = _standing.With(name, value);
    }

    /// <summary>On a client: returns a copy of the reply's current header fields, which all exceptions of the reply share.</summary>
    internal HeaderFields SnapshotResponseHeaders() => _snapshot ??= ResponseHeaders.ToReadOnly();

    /// <summary>Clears the reply: status, header fields and body.</summary>
    /// <remarks>
    /// Standing header fields and <see cref="CloseConnection"/> remain. For a reply that has begun (<see cref="HasBegun"/>), it discards only the bytes that were not flushed.
    /// </remarks>
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

    /// <summary>Gets whether the transport can send the reply to this request in pieces (<see cref="ReplyPart"/>).</summary>
    /// <remarks><c>false</c> by default: every reply is sent whole.</remarks>
    protected virtual bool CanStream => false;

    /// <summary>For the transport: sends a reply or a piece of one, with the framing header fields that it adds.</summary>
    /// <remarks>
    /// <para>The server sends a reply once, whole or in consecutive pieces, and ensures that only one thread sends: the handler's thread, or, if
    /// <see cref="HttpResponseHead.IsEarly"/> is true, another thread while the handler still runs.</para>
    /// <para>An exception propagates to the caller of <see cref="ServerTransportContext.ServeAsync"/>; for a first or next piece, to the handler; for an early reply, it is
    /// discarded. The method must not block its thread: the thread that watches all calls sends early replies.</para>
    /// </remarks>
    /// <param name="head">The status, header fields and length, and whether the connection ends. The same for all pieces of a reply.</param>
    /// <param name="body">The bytes of the body to send; empty for HEAD. Valid until the task completes.</param>
    /// <param name="part">The part of the reply.</param>
    protected internal virtual ValueTask SendAsync(HttpResponseHead head, ReadOnlyMemory<byte> body, ReplyPart part) =>
        throw new NotSupportedException($"{GetType().Name} sends no reply.");

    /// <summary>For a transport that sends replies in pieces: ends the connection in the middle of a reply.</summary>
    /// <remarks>
    /// The client must not be able to mistake the received part for the whole. Called at most once, on any thread, also while a piece is being sent, which then fails.
    /// </remarks>
    protected internal virtual void Abort()
    {
    }

    /// <summary>For the sender, before the head is sent: rejects later changes of it.</summary>
    internal void FreezeHead()
    {
        _hasBegun = true;
        ResponseHeaders.Freeze(true);
    }

    /// <summary>For the transport, after the server has served the exchange: resets the object for another exchange.</summary>
    /// <remarks>
    /// Returns <c>false</c> if it must never be reused: a handler that was given up still holds it, or a pending read of the body (<see cref="WhenBodyIsLeft"/>) or flush still
    /// uses it.
    /// </remarks>
    protected bool TryReset()
    {
        if (IsSpent || Volatile.Read(ref _isReading) != 0 || IsFlushing)
            return false;
        var wasCancelled = _right.Look().IsCancelled;
        if (!_right.TryMove(ReplyEvent.Rested))
            return false;
        // The call to CancelAsync for a cancelled source may still be pending, so the source must not serve another call.
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

    /// <summary>Returns whether a reply of this status may have a body (RFC 9110 6.4.1).</summary>
    public static bool HasBody(int statusCode) => statusCode is not (204 or 304);

    private void RefuseChangeOfHead()
    {
        if (_hasBegun)
            throw new InvalidOperationException($"The head of this reply was sent with the first {nameof(FlushAsync)}, and cannot be changed.");
    }

    private bool IsOnServer => _maxResponseBodySize is not null;
}
