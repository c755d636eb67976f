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
    /// <summary>RFC 3986 3.1.</summary>
    private static readonly SearchValues<char> SchemeCharacters = SearchValues.Create("+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private const int Open = 0, Handled = 1, Answered = 2, AnsweredEarly = 3;

    private string _target = "/";
    private string? _path;
    private readonly int? _maxResponseBodySize;
    private int _statusCode = 200;
    private bool _bodyIsRead;
    private int _isReading;
    private TaskCompletionSource? _bodyIsLeft;
    private int _state;
    private volatile IEarlyAnswer? _earlyAnswer;

    /// <summary>Makes an exchange for a client: POST to <c>/</c>, with no fields and no body.</summary>
    public HttpExchange()
        : this(maxResponseBodySize: int.MaxValue, headroom: 0)
    {
    }

    /// <summary>For a server's transport, which makes its own kind of exchange.</summary>
    /// <param name="context">What the transport was started with: the limits come from there.</param>
    /// <param name="headroom">How many bytes to keep free in front of the reply's body (<see cref="BodyBuffer.PrependHead"/>).</param>
    protected HttpExchange(ServerTransportContext context, int headroom = 0)
        : this(context.Options.Limits.MaxResponseBodySize, headroom)
    {
        MaxRequestBodySize = context.Options.Limits.MaxRequestBodySize;
        _maxResponseBodySize = context.Options.Limits.MaxResponseBodySize;
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
    public string Path => _path ??= PathOf(_target);

    /// <summary>The host that an absolute target names (RFC 9112 3.2.2); <c>null</c> where the target is a path.</summary>
    internal string? TargetAuthority => FindAuthority(_target) is { } authority ? _target[authority] : null;

    /// <summary><c>http</c> or <c>https</c>.</summary>
    public string Scheme { get; set; } = Uri.UriSchemeHttp;

    /// <summary>The version that the sender of the request speaks: 1.1 or 1.0.</summary>
    public Version ProtocolVersion { get; set; } = HttpVersion.Version11;

    /// <summary>The fields of the request.</summary>
    public HttpFields RequestFields { get; } = [];

    /// <summary>On a server: who sent the request, as far as the transport knows; <c>null</c> in memory.</summary>
    public EndPoint? RemoteEndPoint { get; set; }

    /// <summary>On a server with TLS: the certificate that the client showed and the transport's own settings accepted; else <c>null</c>.</summary>
    public X509Certificate? ClientCertificate { get; set; }

    /// <summary>On a server: the authenticated caller, as <see cref="JsonRpcServerOptions.Authenticate"/> says; <c>null</c> where that is not set.</summary>
    public ClaimsPrincipal? User { get; set; }

    /// <summary>On a client: where the request goes, absolute. <c>null</c> on a server.</summary>
    public Uri? Address { get; set; }

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
    public HttpFields ResponseFields { get; } = [];

    /// <summary>The body of the reply, limited by <see cref="JsonRpcServerLimits.MaxResponseBodySize"/>.</summary>
    public BodyBuffer ResponseBody { get; }

    /// <summary>Set by a handler, ends the connection after this reply. A transport also ends it for reasons of its own.</summary>
    public bool CloseConnection { get; set; }

    /// <summary>For the transport: what of the reply's body is sent; nothing to HEAD, and nothing with 204 and 304 (RFC 9110 6.4.1).</summary>
    protected ReadOnlyMemory<byte> ResponseBodyToSend => HasBody(StatusCode) && Method != "HEAD" ? ResponseBody.WrittenMemory : default;

    /// <summary>Whether the whole body has been read.</summary>
    protected bool BodyIsRead => _bodyIsRead;

    /// <summary>
    /// For the transport, at the end: whether this object may serve another exchange. Not while a handler that has ended left a read of the body behind, which still writes
    /// to it.
    /// </summary>
    protected bool IsReusable => Volatile.Read(ref _isReading) == 0;

    /// <summary>The most bytes of body that <see cref="ReadBodyAsync"/> takes.</summary>
    protected long MaxRequestBodySize { get; } = long.MaxValue;

    /// <summary>For the transport, while it reads the body: how many bytes have come so far. A body that comes too slowly is answered 408.</summary>
    protected internal long BodyBytesRead { get; protected set; }

    /// <summary>The place that this call takes among the calls in flight; <c>null</c> outside of the call limit.</summary>
    internal CallPlace? Place { get; set; }

    /// <summary>Where failures of the server that this exchange belongs to go, for handlers that were made apart from it.</summary>
    internal FailureReport? Failures { get; set; }

    /// <summary>The web page that calls and may, for the fields of the reply that let its browser show it; <c>null</c> where none calls.</summary>
    internal string? CallingOrigin { get; set; }

    /// <summary>What a handler keeps with this object from one exchange to the next.</summary>
    internal object? HandlerState { get; set; }

    /// <summary>Makes the reply when the call takes too long; <c>null</c> leaves it to the call limit. Set by the handler, read by the watch.</summary>
    internal IEarlyAnswer? EarlyAnswer
    {
        get => _earlyAnswer;
        set => _earlyAnswer = value;
    }

    /// <summary>True once the reply was made by somebody else: too late for the handler, and the exchange is never used again.</summary>
    internal bool IsAnsweredEarly => Volatile.Read(ref _state) == AnsweredEarly;

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
        ResponseFields[HttpFields.ContentType] = contentType;
        ResponseBody.Clear();
        ResponseBody.Write(body);
    }

    /// <summary>The same with text, which travels as UTF-8.</summary>
    /// <inheritdoc cref="Reply(int, string, ReadOnlySpan{byte})"/>
    public void Reply(int statusCode, string contentType, string body) => Reply(statusCode, contentType, Encoding.UTF8.GetBytes(body));

    /// <summary>Takes back all that was written of the reply: status, fields and body.</summary>
    public void ClearResponse()
    {
        StatusCode = 200;
        ResponseFields.Clear();
        ResponseBody.Clear();
    }

    /// <summary>
    /// For the transport: reads the whole body. Called once at most, and not when the told length is over the limit. Counts in
    /// <see cref="BodyBytesRead"/>, and throws <see cref="BodyTooLarge"/> as soon as more than <see cref="MaxRequestBodySize"/> has come.
    /// </summary>
    protected virtual ValueTask<ReadOnlyMemory<byte>> ReadBodyCoreAsync(CancellationToken cancellationToken) => new(RequestBody);

    /// <summary>The refusal of a body over <see cref="MaxRequestBodySize"/>.</summary>
    protected HttpRefusalException BodyTooLarge() =>
        new(413, $"The body is larger than the limit of {MaxRequestBodySize} bytes ({nameof(JsonRpcServerOptions)}.{nameof(JsonRpcServerOptions.Limits)}.{nameof(JsonRpcServerLimits.MaxRequestBodySize)}).");

    /// <summary>
    /// For the transport, when the handler's task has ended: claims the right to send the reply. <c>false</c> says that it has been sent
    /// already, through <see cref="ReplyEarlyAsync"/>; the exchange and its buffers then stay with the handler that came too late, and must
    /// never be used again.
    /// </summary>
    protected internal bool TryBeginReply() =>
        Interlocked.CompareExchange(ref _state, Answered, Open) == Open || Interlocked.CompareExchange(ref _state, Answered, Handled) == Handled;

    /// <summary>
    /// For the transport: sends this reply now and closes the connection, while the handler still runs on another thread and holds
    /// everything in this object. Called at most once, when the call is over its time, its body comes too slowly, or the server stops.
    /// </summary>
    protected virtual ValueTask ReplyEarlyAsync(int statusCode, HttpFields fields, ReadOnlyMemory<byte> body) => default;

    /// <summary>For the transport: makes the object ready for another exchange. Only after <see cref="TryBeginReply"/> said yes.</summary>
    protected void Reset()
    {
        Method = "POST";
        Target = "/";
        Scheme = Uri.UriSchemeHttp;
        ProtocolVersion = HttpVersion.Version11;
        RequestFields.Clear();
        RemoteEndPoint = null;
        ClientCertificate = null;
        User = null;
        ContentLength = null;
        RequestBody = default;
        ClearResponse();
        ResponseBody.Recycle();
        ResponseBody.MaxLength = _maxResponseBodySize ?? int.MaxValue;
        CloseConnection = false;
        BodyBytesRead = 0;
        Place = null;
        CallingOrigin = null;
        EarlyAnswer = null;
        _bodyIsRead = false;
        _bodyIsLeft = null;
        Volatile.Write(ref _state, Open);
    }

    /// <summary>
    /// For a handler whose work is done but for giving back what an early answer would read: from here on there is none. <c>false</c> says that there was one already.
    /// </summary>
    internal bool TryEndHandling() => Interlocked.CompareExchange(ref _state, Handled, Open) == Open;

    /// <summary>After <see cref="TryEndHandling"/>: the rest of a user's handler may still take too long, and is answered without what was given back.</summary>
    internal void ResumeHandling()
    {
        EarlyAnswer = null;
        Volatile.Write(ref _state, Open);
    }

    /// <summary>For a transport, when the handler has ended: ends when nobody reads the body any more, as a handler may have left a read behind.</summary>
    internal Task WhenBodyIsLeft()
    {
        if (IsReusable)
            return Task.CompletedTask;
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _bodyIsLeft, left);
        return IsReusable ? Task.CompletedTask : left.Task;
    }

    /// <summary>For a transport, from any thread, while its connection has not begun another exchange: the peer is gone, which ends what the function does for it.</summary>
    internal void CancelCall() => Place?.Cancel(this);

    /// <summary>Claims the reply for somebody other than the handler. Only while the handler's task cannot end: under the call limit's lock.</summary>
    internal bool TryBeginEarlyReply() => Interlocked.CompareExchange(ref _state, AnsweredEarly, Open) == Open;

    internal ValueTask SendEarlyAsync(int statusCode, HttpFields fields, ReadOnlyMemory<byte> body) => ReplyEarlyAsync(statusCode, fields, body);

    /// <summary>Whether a reply of this status may have a body (RFC 9110 6.4.1).</summary>
    internal static bool HasBody(int statusCode) => statusCode is not (204 or 304);

    private bool IsOnServer => _maxResponseBodySize is not null;

    private static string PathOf(string target)
    {
        var path = FindAuthority(target) is { } authority ? target[authority.End..] : target;
        path = path.IndexOfAny(['?', '#']) is var end and >= 0 ? path[..end] : path;
        return path.Length == 0 ? "/" : path;
    }

    /// <summary>Where in an absolute target the authority is (RFC 3986 3.2); <c>null</c> where the target is none.</summary>
    private static Range? FindAuthority(string target)
    {
        if (target.StartsWith('/') || target.IndexOf("://", StringComparison.Ordinal) is not (var scheme and > 0) || target.AsSpan(0, scheme).ContainsAnyExcept(SchemeCharacters))
            return null;
        var start = scheme + "://".Length;
        return target.AsSpan(start).IndexOfAny('/', '?', '#') is var length and >= 0 ? start..(start + length) : start..target.Length;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadOnlyMemory<byte>> AwaitBodyAsync(ValueTask<ReadOnlyMemory<byte>> reading)
    {
        Volatile.Write(ref _isReading, 1);
        Place?.BodyBegins();
        try
        {
            RequestBody = await reading.ConfigureAwait(false);
            _bodyIsRead = true;
            return RequestBody;
        }
        finally
        {
            Place?.BodyEnds();
            // Whoever waits for this says so first and looks then; here it is the other way round.
            Interlocked.Exchange(ref _isReading, 0);
            Volatile.Read(ref _bodyIsLeft)?.TrySetResult();
        }
    }
}
