using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>
/// The default transport of a client, on <see cref="HttpClient"/>. Without arguments it has its own connections; given an HttpClient, it uses
/// that with all its handlers, so that factories, retries, authentication and proxies plug in there. Thread-safe.
/// </summary>
public sealed class HttpClientTransport : ClientTransport
{
    /// <summary>Where a request says what <see cref="IdempotencyOf"/> answers.</summary>
    private static readonly HttpRequestOptionsKey<JsonRpcIdempotency> IdempotencyKey = new("JsonRpcLite.Idempotency");

    /// <summary>Asked whether anybody listens to HttpClient's own spans, which go by this name.</summary>
    private static readonly ActivitySource SpansOfHttpClient = new("System.Net.Http");

    /// <summary>Gives a caller's own; <c>null</c> where the connections are the transport's.</summary>
    private readonly Func<HttpClient>? _getClient;

    /// <summary>
    /// The transport's own connections. Without an HttpClient around them, which would link a token of its own to each call's. Those of synchronous calls are apart: a socket that
    /// was once used asynchronously belongs to the runtime's event loop, and costs a blocking read about twice as much for ever after.
    /// </summary>
    private readonly OwnConnections? _connections, _blockingConnections;

    /// <summary>
    /// Connections of its own: no redirects, no cookies, no decompression, no proxy for loopback addresses (for others that of the
    /// environment); 10 s to connect, closed after 30 to 40 s without use and after 5 minutes in any case, so that a change of DNS is seen. Those of
    /// synchronous calls: under TLS after 45 to 60 s without use, over plain HTTP as soon as the handler looks at them between two calls, which it does every 11 s. These times are
    /// the system clock's, whatever <see cref="JsonRpcClientOptions.TimeProvider"/> is: HttpClient's connections take no other.
    /// </summary>
    public HttpClientTransport()
        : this(HttpClient.DefaultProxy, TimeSpan.FromSeconds(45))
    {
    }

    /// <param name="proxy">The proxy of the environment.</param>
    /// <param name="blockingIdleTime">
    /// How long a connection of synchronous calls may be idle. The handler looks after it four times in this time, and one of plain HTTP ends with the first look. A TLS one lasts
    /// up to five quarters of it, which must be less than the minute for which servers keep theirs.
    /// </param>
    /// <param name="tls">How servers' certificates are judged; <c>null</c> is the system's way.</param>
    internal HttpClientTransport(IWebProxy proxy, TimeSpan blockingIdleTime, SslClientAuthenticationOptions? tls = null)
    {
        _connections = new OwnConnections(() => MakeConnections(proxy, ConnectAsync, idleTime: TimeSpan.FromSeconds(30), tls));
        _blockingConnections = new OwnConnections(() => MakeConnections(proxy, Connect, blockingIdleTime, tls));
    }

    /// <summary>
    /// A caller's own HttpClient makes a span of its own where a listener records it, and sends its id: it stands between the call's span and the server's. Without a listener,
    /// that span is recorded nowhere, and an id of it would break the trace; but HttpClient leaves a <c>traceparent</c> alone that is there already.
    /// </summary>
    protected internal override bool SendsTraceParent => _getClient is not null && SpansOfHttpClient.HasListeners();

    /// <summary>Sends through a caller's own HttpClient, which is not disposed with the transport.</summary>
    /// <remarks>
    /// <para>The HttpClient's own <see cref="HttpClient.Timeout"/> holds besides the client's; the shorter one wins. Its <see cref="HttpClient.DefaultRequestVersion"/> and
    /// <see cref="HttpClient.DefaultVersionPolicy"/> hold for calls: they choose HTTP/2 or 3.</para>
    /// <para>A reply over https that declares no length and ends with its connection may have been cut off by anybody on the way, and HttpClient does not say how the connection
    /// ended (RFC 9112 9.8). On the transport's own connections such a reply is refused. Behind an HttpClient of yours, which may have decompressed or made up the reply, it is
    /// refused where a cut would not show: where it is a bare number. Any other JSON that was cut is not JSON.</para>
    /// </remarks>
    public HttpClientTransport(HttpClient httpClient)
    {
        ArgumentNullException.ThrowIfNull(httpClient);
        _getClient = () => httpClient;
    }

    /// <summary>Sends each call through an HttpClient that is asked for then, such as one of a factory that renews its connections. What it returns is not disposed.</summary>
    /// <remarks><inheritdoc cref="HttpClientTransport(HttpClient)" path="/remarks/node()"/></remarks>
    /// <param name="getHttpClient">Gives the HttpClient for a call; called on many threads at once.</param>
    public HttpClientTransport(Func<HttpClient> getHttpClient)
    {
        ArgumentNullException.ThrowIfNull(getHttpClient);
        _getClient = getHttpClient;
    }

    /// <summary>
    /// Whether synchronous calls may go through a caller's own HttpClient; <c>false</c> by default. Handlers that override only SendAsync, as most
    /// that add tokens do, would be skipped without a word: say <c>true</c> when all of yours override Send as well.
    /// </summary>
    public bool AllowSynchronous { get; init; }

    /// <summary>
    /// What happens when a request is sent again, for handlers in a caller's own HttpClient that repeat requests: nearly all of them are POSTs, and only some may be repeated.
    /// </summary>
    /// <remarks>A call through a contract has what <see cref="JsonRpcMethodAttribute.Idempotency"/> on its method says. Of any other request nothing is known.</remarks>
    /// <param name="request">A request of this transport; of any other, and of <c>null</c>, nothing is known.</param>
    /// <example>
    /// <code>
    /// options.Retry.ShouldHandle = args => ValueTask.FromResult(
    ///     HttpClientResiliencePredicates.IsTransient(args.Outcome)
    ///     &amp;&amp; HttpClientTransport.IdempotencyOf(args.Context.GetRequestMessage()) != JsonRpcIdempotency.None);
    /// </code>
    /// </example>
    public static JsonRpcIdempotency IdempotencyOf(HttpRequestMessage? request) =>
        request is not null && request.Options.TryGetValue(IdempotencyKey, out var idempotency) ? idempotency : JsonRpcIdempotency.None;

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">A caller's own HttpClient without <see cref="AllowSynchronous"/>.</exception>
    public override void Send(HttpExchange exchange, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        if (_getClient is not null && !AllowSynchronous)
        {
            throw new NotSupportedException(
                $"This client uses an HttpClient of yours, and handlers in it that override only SendAsync would be skipped by a synchronous call. Call the Async method, or set {nameof(HttpClientTransport)}.{nameof(AllowSynchronous)}.");
        }
        using var request = MakeRequest(exchange, cancellationToken);
        using var connections = new Use(_blockingConnections);
        using var response = SendHead(request, connections, cancellationToken);
        TakeHead(exchange, response, connections);
        using var stream = response.Content.ReadAsStream(cancellationToken);
        // A read knows no token: closing the stream is what ends it.
        using var cancelled = cancellationToken.UnsafeRegister(static s => ((Stream)s!).Dispose(), stream);
        var body = exchange.ResponseBody;
        try
        {
            while (stream.Read(body.GetSpan()) is var count and > 0)
                body.Advance(count);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        cancellationToken.ThrowIfCancellationRequested();
        RefuseWhatMayBeCut(exchange, response);
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask SendAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        using var request = MakeRequest(exchange, cancellationToken);
        using var connections = new Use(_connections);
        HttpResponseMessage head;
        try
        {
            head = await SendHeadAsync(request, connections, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (MarkWhereUnsent(e, request))
        {
            throw;
        }
        using var response = head;
        TakeHead(exchange, response, connections);
        using var stream = await OpenBodyAsync(response, cancellationToken).ConfigureAwait(false);
        await ReadAllAsync(stream, exchange, response, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<Stream?> OpenAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        using var request = MakeRequest(exchange, cancellationToken);
        var connections = new Use(_connections);
        HttpResponseMessage? response = null;
        var isOpen = false;
        try
        {
            response = await SendHeadAsync(request, connections, cancellationToken).ConfigureAwait(false);
            TakeHead(exchange, response, connections);
            var stream = await OpenBodyAsync(response, cancellationToken).ConfigureAwait(false);
            isOpen = HeaderFields.IsEventStream(exchange.ResponseHeaders[HeaderFields.ContentType]) && response.Content.Headers.ContentLength is null;
            if (isOpen)
                return new OpenReply(stream, response, connections);
            await ReadAllAsync(stream, exchange, response, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (Exception e) when (response is null && MarkWhereUnsent(e, request))
        {
            throw;
        }
        finally
        {
            if (!isOpen)
            {
                response?.Dispose();
                connections.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _connections?.Dispose();
        _blockingConnections?.Dispose();
        base.Dispose(disposing);
    }

    private static HttpMessageInvoker MakeConnections(
        IWebProxy proxy, Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>> connect, TimeSpan idleTime, SslClientAuthenticationOptions? tls) =>
        new(new SocketsHttpHandler
        {
            SslOptions = tls ?? new SslClientAuthenticationOptions(),
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionIdleTimeout = idleTime,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            Proxy = new NoProxyForLoopback(proxy),
            ActivityHeadersPropagator = null,
            // A reply that is given up in the middle closes its connection, at once: reading the rest would race with the read that was given up.
            MaxResponseDrainSize = 0,
            ConnectCallback = connect,
        });

    /// <summary>
    /// Connects, and gives up with the call that asked for it. The handler would let the attempt go on for some seconds, and the next call wait for it: for a SYN that was lost,
    /// while the server is long back.
    /// </summary>
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, EndOfCall(context));
            await socket.ConnectAsync(EndPointOf(context.DnsEndPoint), end.Token).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The same on the calling thread. Connecting knows no token: closing the socket is what ends it.</summary>
    private static ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var timedOut = cancellationToken.UnsafeRegister(static s => ((Socket)s!).Dispose(), socket);
            using var givenUp = EndOfCall(context).UnsafeRegister(static s => ((Socket)s!).Dispose(), socket);
            socket.Connect(EndPointOf(context.DnsEndPoint));
            return new(IsDirectAndPlain(context) ? new BlockingStream(socket) : new NetworkStream(socket, ownsSocket: true));
        }
        catch (Exception)
        {
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    private static EndPoint EndPointOf(DnsEndPoint endPoint) =>
        endPoint.Host.Contains('%') && IPAddress.TryParse(SiteName.WithPlainZone(endPoint.Host), out var address) ? new IPEndPoint(address, endPoint.Port) : endPoint;

    /// <summary>Whether no TLS comes on top, a proxy's neither, and no tunnel: to TLS an asynchronous read with an empty buffer is everyday.</summary>
    private static bool IsDirectAndPlain(SocketsHttpConnectionContext context) =>
        context.InitialRequestMessage is CallRequest { RequestUri: { } target } && target.Scheme == Uri.UriSchemeHttp
        && target.IdnHost.Equals(context.DnsEndPoint.Host, StringComparison.OrdinalIgnoreCase) && target.Port == context.DnsEndPoint.Port;

    /// <summary>The call's own token; not of the CONNECT that the handler sends to a proxy for it.</summary>
    private static CancellationToken EndOfCall(SocketsHttpConnectionContext context) => (context.InitialRequestMessage as CallRequest)?.EndOfCall ?? default;

    private CallRequest MakeRequest(HttpExchange exchange, CancellationToken endOfCall)
    {
        var request = new CallRequest(MethodOf(exchange.Method), exchange.Address ?? throw new ArgumentException("The exchange has no Address.", nameof(exchange)))
        {
            Version = exchange.ProtocolVersion,
            EndOfCall = endOfCall,
        };
        if (_getClient is not null && exchange.Idempotency != JsonRpcIdempotency.None)
            request.Options.Set(IdempotencyKey, exchange.Idempotency);
        if (exchange.Method is "POST" or "QUERY" || !exchange.RequestBody.IsEmpty)
            request.Content = request.Body = new RequestContent(exchange.RequestBody);
        foreach (var (name, value) in exchange.RequestHeaders)
        {
            // Most calls have no field but the content's and this library's own, and then need no table of the others. On the way to connections of its own nobody looks where a
            // field stands; the handlers of a caller's HttpClient expect each in its place.
            var mayStandWithContent = _getClient is null || name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase);
            var isOfContent = mayStandWithContent && request.Content?.Headers.TryAddWithoutValidation(name, value) == true;
            if (!isOfContent && !request.Headers.TryAddWithoutValidation(name, value))
                request.Content?.Headers.TryAddWithoutValidation(name, value);
        }
        return request;
    }

    private HttpResponseMessage SendHead(CallRequest request, Use connections, CancellationToken cancellationToken)
    {
        try
        {
            return connections.Invoker is { } own
                ? own.Send(request, cancellationToken)
                : ClientFor(request).Send(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (Exception e) when (MarkWhereUnsent(e, request))
        {
            throw;
        }
    }

    /// <summary>
    /// Marks what fails before the body is asked for: it fails in connecting. A request without one may have been sent before, since the handler repeats it where a kept
    /// connection was closed; and the handlers of a caller's HttpClient may have sent the request before, or another one.
    /// </summary>
    /// <returns>False: the exception goes its way.</returns>
    private bool MarkWhereUnsent(Exception exception, CallRequest request)
    {
        if (request.Body is { WasRead: false } && _getClient is null)
            MarkUnsent(exception);
        return false;
    }

    private Task<HttpResponseMessage> SendHeadAsync(HttpRequestMessage request, Use connections, CancellationToken cancellationToken) =>
        connections.Invoker is { } own
            ? own.SendAsync(request, cancellationToken)
            : ClientFor(request).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);

    /// <summary>The caller's own, whose defaults for the version of HTTP count as for requests that it makes itself.</summary>
    private HttpClient ClientFor(HttpRequestMessage request)
    {
        var client = _getClient!();
        if (request.Version == HttpVersion.Version11)
            (request.Version, request.VersionPolicy) = (client.DefaultRequestVersion, client.DefaultVersionPolicy);
        return client;
    }

    /// <summary>The stream of the own connections is there already; that of a handler of the caller's may have to be waited for.</summary>
    private ValueTask<Stream> OpenBodyAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        _getClient is null ? new ValueTask<Stream>(response.Content.ReadAsStream(cancellationToken)) : new ValueTask<Stream>(response.Content.ReadAsStreamAsync(cancellationToken));

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReadAllAsync(Stream stream, HttpExchange exchange, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = exchange.ResponseBody;
        while (await stream.ReadAsync(body.GetMemory(), cancellationToken).ConfigureAwait(false) is var count and > 0)
            body.Advance(count);
        RefuseWhatMayBeCut(exchange, response);
    }

    private static HttpMethod MethodOf(string method) => method switch
    {
        "POST" => HttpMethod.Post,
        "QUERY" => HttpMethod.Query,
        "GET" => HttpMethod.Get,
        _ => new HttpMethod(method),
    };

    private static void TakeHead(HttpExchange exchange, HttpResponseMessage response, Use connections)
    {
        foreach (var (name, value) in response.Headers.NonValidated)
            exchange.ResponseHeaders.AddUnchecked(name, value.ToString());
        foreach (var (name, value) in response.Content.Headers.NonValidated)
            exchange.ResponseHeaders.AddUnchecked(name, value.ToString());
        // HttpClient reads on after other interim replies, and takes a switch of protocols for the last one, whose end would never come.
        if ((int)response.StatusCode < 200)
        {
            throw new HttpRequestException(HttpRequestError.InvalidResponse, response.StatusCode == HttpStatusCode.SwitchingProtocols
                ? "The server switched to another protocol (status 101), for which it was not asked."
                : $"What came is not an HTTP reply: {(int)response.StatusCode:000} is not a status of one (RFC 9110 15).");
        }
        exchange.StatusCode = (int)response.StatusCode;
        if (exchange.StatusCode >= 400 && !IsJson(response))
            connections.Replace();
        if (response.Content.Headers.ContentLength > exchange.ResponseBody.MaxLength && exchange.Method != "HEAD")
            throw new BodyTooLargeException(exchange.ResponseBody.MaxLength);
    }

    /// <summary>
    /// An error that is not JSON comes from something else than a server of this library, such as HttpListener itself, which sends a second reply behind some of them, and a moment
    /// later. To the next call it would be the answer.
    /// </summary>
    private static bool IsJson(HttpResponseMessage response) =>
        response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var types) && types.ToString().Contains("json", StringComparison.OrdinalIgnoreCase);

    /// <summary>RFC 9112 9.8: only a close_notify, of which HttpClient tells nothing, says that a reply without a length is whole.</summary>
    private void RefuseWhatMayBeCut(HttpExchange exchange, HttpResponseMessage response)
    {
        var isSecure = (response.RequestMessage?.RequestUri ?? exchange.Address)!.Scheme == Uri.UriSchemeHttps;
        var hasEnd = exchange.Method == "HEAD" || !HttpExchange.HasBody(exchange.StatusCode) || response.Version.Major != 1 || response.Headers.TransferEncodingChunked == true;
        if (!isSecure || hasEnd || response.Content.Headers.NonValidated.Contains("Content-Length"))
            return;
        if (_getClient is null || response.Content.Headers.ContentLength is null && IsNumber(exchange.ResponseBody.WrittenSpan))
            throw new HttpIOException(HttpRequestError.ResponseEnded, "The reply declares no length and ended with its TLS connection: it may have been cut off.");
    }

    private static bool IsNumber(ReadOnlySpan<byte> body)
    {
        var text = (body.StartsWith("\uFEFF"u8) ? body[3..] : body).TrimStart(" \t\r\n"u8);
        return !text.IsEmpty && text[0] is (byte)'-' or (>= (byte)'0' and <= (byte)'9');
    }

    /// <summary>A call's use of the transport's own connections; of nothing where they are a caller's.</summary>
    private readonly struct Use(OwnConnections? connections) : IDisposable
    {
        private readonly OwnConnections.Lease? _lease = connections?.Enter();

        public HttpMessageInvoker? Invoker => _lease?.Connections;

        public void Replace()
        {
            if (_lease is not null)
                connections!.Replace(_lease);
        }

        public void Dispose() => _lease?.Leave();
    }

    /// <summary>The body of a reply that is still coming. Disposed before its end, it closes the connection, without reading the rest.</summary>
    private sealed class OpenReply(Stream body, HttpResponseMessage response, Use connections) : ReplyStream
    {
        private int _isDisposed;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => body.ReadAsync(buffer, cancellationToken);

        protected override void Dispose(bool disposing)
        {
            if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            {
                body.Dispose();
                response.Dispose();
                connections.Dispose();
            }
            base.Dispose(disposing);
        }
    }

    /// <summary>A request that carries its call's token to where the connection is made.</summary>
    private sealed class CallRequest(HttpMethod method, Uri address) : HttpRequestMessage(method, address)
    {
        public CancellationToken EndOfCall { get; init; }

        /// <summary>The body; <c>null</c> where there is none.</summary>
        public RequestContent? Body { get; set; }
    }

    private sealed class NoProxyForLoopback(IWebProxy inner) : IWebProxy
    {
        public ICredentials? Credentials
        {
            get => inner.Credentials;
            set => inner.Credentials = value;
        }

        public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : inner.GetProxy(destination);

        public bool IsBypassed(Uri host) => host.IsLoopback || inner.IsBypassed(host);
    }
}
