using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;
using Microsoft.AspNetCore.Http.Metadata;

namespace JsonRpcLite;

/// <summary>A request to an endpoint and its reply.</summary>
/// <remarks>It is reused for other requests unless its handler was left behind.</remarks>
internal sealed class EndpointExchange : HttpExchange
{
    private HttpContext? _http;
    private bool _isHttp1;
    private byte[] _body = [];

    /// <summary>The end of a body that was not copied, whose memory is released when the exchange ends.</summary>
    private SequencePosition? _held;

    /// <summary>Cancelled when the client disconnects.</summary>
    /// <remarks>ASP.NET Core creates a source for each request whose token is used, and most calls have ended before anything could use it.</remarks>
    private CancellationTokenSource _peerGone = new();
    private CancellationTokenRegistration _watch;

    /// <summary>Completes when an early reply or an abort beside the handler was sent.</summary>
    /// <remarks>Created by the first thread that needs it.</remarks>
    private TaskCompletionSource? _left;

    public EndpointExchange(ServerTransportContext server)
        : base(server.Limits)
    {
    }

    /// <summary>The context of the request, valid until the handler has ended.</summary>
    public HttpContext Http => _http ?? throw new InvalidOperationException("The request has ended.");

    /// <summary>Held while the policy of one of the calls is evaluated.</summary>
    public SemaphoreSlim Asking { get; } = new(1);

    /// <summary>Whether ASP.NET Core's CORS allows the request's origin; <c>null</c> if it does not decide.</summary>
    public bool? IsOriginAllowed { get; private set; }

    /// <summary>Cancelled when the client disconnects, after <see cref="WatchPeer"/> was called.</summary>
    public CancellationToken PeerGone => _peerGone.Token;

    /// <summary>Begins to watch whether the client disconnects before it has its reply.</summary>
    public void WatchPeer() => _watch = Http.RequestAborted.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _peerGone);

    /// <summary>Copies the head of a request; <c>false</c> if it is malformed.</summary>
    /// <remarks>Servers accept names and values that are not valid in header fields (RFC 9110 5.1, 5.5). Then <paramref name="fault"/> is the error.</remarks>
    public bool TryBegin(HttpContext http, bool? isOriginAllowed, [NotNullWhen(false)] out string? fault)
    {
        (_http, IsOriginAllowed, fault) = (http, isOriginAllowed, null);
        var request = http.Request;
        Method = request.Method;
        Target = TargetOf(http);
        Scheme = request.Scheme;
        ProtocolVersion = VersionOf(request.Protocol);
        _isHttp1 = ProtocolVersion.Major == 1;
        var connection = http.Connection;
        if (connection.RemoteIpAddress is { } address)
            RemoteEndPoint = new IPEndPoint(address, connection.RemotePort);
        if (request.IsHttps && http.Features.Get<ITlsConnectionFeature>() is { ClientCertificate: { } certificate })
            ClientCertificate = certificate;
        // HttpContext.User would create an anonymous principal.
        if (http.Features.Get<IHttpAuthenticationFeature>()?.User is { Identity.IsAuthenticated: true } user)
            User = user;
        ContentLength = request.ContentLength;
        // ASP.NET Core also starts an activity only for its logs, which no listener records. Then the caller's span is the parent.
        HasAmbientActivity = Activity.Current is { IsAllDataRequested: true } ambient && ambient.Source.HasListeners();
        try
        {
            foreach (var (name, values) in request.Headers)
            {
                foreach (var value in values)
                    RequestHeaders.Add(name, AsOnWire(value ?? ""));
            }
            return true;
        }
        catch (ArgumentException e)
        {
            fault = e.Message;
            return false;
        }
    }

    public bool TryEnd()
    {
        if (_held is { } end)
        {
            _held = null;
            _http!.Request.BodyReader.AdvanceTo(end);
        }
        _watch.Dispose();
        _watch = default;
        if (!TryReset())
            return false;
        if (!_peerGone.TryReset())
        {
            _peerGone.Dispose();
            _peerGone = new CancellationTokenSource();
        }
        _http = null;
        BodyArrays.Return(_body);
        _body = [];
        return true;
    }

    /// <summary>Waits until the early reply was sent, after the handler was left behind.</summary>
    /// <remarks>ASP.NET Core ends the reply when the endpoint's task ends, which must not happen in the middle of the early reply.</remarks>
    public Task LeftAsync() => Http.RequestAborted.IsCancellationRequested ? Task.CompletedTask : Left.Task;

    private TaskCompletionSource Left
    {
        get
        {
            if (Volatile.Read(ref _left) is { } left)
                return left;
            var made = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return Interlocked.CompareExchange(ref _left, made, null) ?? made;
        }
    }

    protected override bool CanStream => true;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    protected override async ValueTask<ReadOnlyMemory<byte>> ReadBodyCoreAsync(CancellationToken cancellationToken)
    {
        LiftHostsLimit();
        var reader = Http.Request.BodyReader;
        var length = 0;
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                var buffer = result.Buffer;
                if (length + buffer.Length > MaxRequestBodySize)
                {
                    reader.AdvanceTo(buffer.End);
                    throw BodyTooLarge();
                }
                if (length == 0 && result.IsCompleted && buffer.IsSingleSegment)
                {
                    // Nearly always, the body is used in the server's memory without copying.
                    _held = buffer.End;
                    BodyBytesRead = buffer.Length;
                    return buffer.First;
                }
                Append(buffer, ref length);
                reader.AdvanceTo(buffer.End);
                BodyBytesRead = length;
                if (result.IsCompleted)
                    return _body.AsMemory(0, length);
            }
        }
        catch (BadHttpRequestException e)
        {
            throw new HttpRefusalException(e.StatusCode, $"The body was rejected: {Sentence.Of(e.Message)}");
        }
        catch (InvalidDataException e)
        {
            // Thrown by UseRequestDecompression.
            throw new HttpRefusalException(400, $"The body cannot be decompressed: {Sentence.Of(e.Message)}");
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // Kestrel sometimes throws InvalidOperationException at the end of a chunked body, if the bytes behind it are not a request.
            throw new HttpRefusalException(400, $"The body was cut off: {Sentence.Of(e.Message)}");
        }
    }

    protected override void Abort()
    {
        try
        {
            Http.Abort();
        }
        catch (ObjectDisposedException)
        {
            // The client has disconnected, and ASP.NET Core has ended the request.
        }
        Left.TrySetResult();
    }

    protected override ValueTask SendAsync(HttpResponseHead head, ReadOnlyMemory<byte> body, ReplyPart part)
    {
        if (head.IsEarly)
            return SendEarlyAsync(head, body);
        var response = Http.Response;
        if (part is ReplyPart.Whole or ReplyPart.First)
            SetHead(response, head);
        if (part == ReplyPart.First)
            Http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var writer = response.BodyWriter;
        writer.Write(body.Span);
        var flushing = writer.FlushAsync();
        if (part != ReplyPart.Whole || !flushing.IsCompletedSuccessfully)
            return AwaitAsync(flushing, part);
        flushing.GetAwaiter().GetResult();
        return default;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitAsync(ValueTask<FlushResult> flushing, ReplyPart part)
    {
        await flushing.ConfigureAwait(false);
        // Kestrel reports a disconnected client only by this token.
        if (part != ReplyPart.Whole && Http.RequestAborted.IsCancellationRequested)
            throw new IOException("The client has disconnected.");
    }

    private async ValueTask SendEarlyAsync(HttpResponseHead head, ReadOnlyMemory<byte> body)
    {
        try
        {
            var response = Http.Response;
            SetHead(response, head);
            response.BodyWriter.Write(body.Span);
            await response.BodyWriter.FlushAsync().ConfigureAwait(false);
            await response.CompleteAsync().ConfigureAwait(false);
        }
        finally
        {
            Left.TrySetResult();
        }
    }

    private void SetHead(HttpResponse response, HttpResponseHead head)
    {
        response.StatusCode = head.StatusCode;
        var headers = response.Headers;
        foreach (var (name, value) in head.Headers)
        {
            if (name == HeaderFields.ContentType)
                headers.ContentType = value;
            else
                headers.Append(name, value);
        }
        response.ContentLength = head.ContentLength;
        // Connections of HTTP/2 and HTTP/3 are shared, and have no such header field (RFC 9113 8.2.2).
        if (_isHttp1 && (head.EndsConnection || HasUnreadBody))
            response.Headers.Connection = "close";
    }

    private bool HasUnreadBody => !BodyIsRead && (ContentLength ?? (RequestHeaders.Contains("Transfer-Encoding") ? 1 : 0)) > 0;

    /// <summary>Lifts ASP.NET Core's limit of the body's size, unless the endpoint sets one.</summary>
    /// <remarks>The limit of the server applies. If the endpoint sets a limit, too, the smaller of the two applies.</remarks>
    private void LiftHostsLimit()
    {
        if (Http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit && Http.GetEndpoint()?.Metadata.GetMetadata<IRequestSizeLimitMetadata>() is null)
            limit.MaxRequestBodySize = null;
    }

    private void Append(ReadOnlySequence<byte> piece, ref int length)
    {
        var needed = length + (int)piece.Length;
        if (needed > _body.Length)
        {
            var expected = (int)Math.Min(ContentLength ?? 2L * needed, Math.Max(MaxRequestBodySize, needed));
            var larger = BodyArrays.Rent(Math.Max(needed, BodyArrays.NextSize(length, Math.Max(expected, needed))));
            _body.AsSpan(0, length).CopyTo(larger);
            BodyArrays.Return(_body);
            _body = larger;
        }
        piece.CopyTo(_body.AsSpan(length));
        length = needed;
    }

    /// <summary>Converts a value to one character per byte if needed, as on the library's own transports.</summary>
    /// <remarks>Kestrel reads values as UTF-8. Values with characters that are not valid in a header field become the received bytes again, as one character each.</remarks>
    private static string AsOnWire(string value) =>
        value.AsSpan().ContainsAnyExceptInRange('\0', '\xff') ? Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(value)) : value;

    private static string TargetOf(HttpContext http)
    {
        if (http.Features.Get<IHttpRequestFeature>()?.RawTarget is { Length: > 0 } target)
            return target;
        var request = http.Request;
        return request.PathBase.ToUriComponent() + request.Path.ToUriComponent() + request.QueryString.ToUriComponent() is { Length: > 0 } built ? built : "/";
    }

    private static Version VersionOf(string protocol) =>
        HttpProtocol.IsHttp11(protocol) ? HttpVersion.Version11
            : HttpProtocol.IsHttp2(protocol) ? HttpVersion.Version20
            : HttpProtocol.IsHttp3(protocol) ? HttpVersion.Version30
            : HttpVersion.Version10;
}
