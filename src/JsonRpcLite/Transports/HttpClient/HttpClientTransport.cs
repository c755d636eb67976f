using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>The default transport of a client, based on <see cref="HttpClient"/>.</summary>
/// <remarks>
/// Without arguments it has its own connections. With an HttpClient, it uses that with all its handlers, such as those for retries, authentication and proxies. Thread-safe.
/// </remarks>
public sealed class HttpClientTransport : ClientTransport
{
    /// <summary>The request option that <see cref="IdempotencyOf"/> reads.</summary>
    private static readonly HttpRequestOptionsKey<JsonRpcIdempotency> IdempotencyKey = new("JsonRpcLite.Idempotency");

    /// <summary>Used to check whether there is a listener for HttpClient's own spans, which have this source name.</summary>
    private static readonly ActivitySource SpansOfHttpClient = new("System.Net.Http");

    /// <summary>Returns the caller's HttpClient; <c>null</c> where the transport has its own connections.</summary>
    private readonly Func<HttpClient>? _getClient;

    /// <summary>The transport's own connections, for asynchronous and for synchronous calls.</summary>
    /// <remarks>
    /// They have no HttpClient around them, which would link another token to each call's. Synchronous calls have separate connections: a socket that was once used
    /// asynchronously belongs to the runtime's event loop, and a blocking read on it costs about twice as much, permanently.
    /// </remarks>
    private readonly OwnConnections? _connections, _blockingConnections;

    /// <summary>Creates a transport with its own connections.</summary>
    /// <remarks>
    /// They do not follow redirects, store cookies or decompress bodies. They use no proxy for loopback addresses, and the proxy of the environment for others. Connecting may
    /// take 10 s. A connection is closed after 30 to 40 s without use, and after 5 minutes in any case, so that DNS changes take effect. A connection for synchronous calls is
    /// closed after 45 to 60 s without use under TLS; over plain HTTP it is closed when the handler checks it between two calls, which it does every 11 s. These times are
    /// measured by the system's clock, regardless of <see cref="JsonRpcClientOptions.TimeProvider"/>, since HttpClient's connections support no other.
    /// </remarks>
    public HttpClientTransport()
        : this(HttpClient.DefaultProxy, TimeSpan.FromSeconds(45))
    {
    }

    /// <param name="proxy">The proxy of the environment.</param>
    /// <param name="blockingIdleTime">
    /// The idle time-out of a connection for synchronous calls. The handler checks the connection four times in this time, and a plain HTTP connection ends with the first check.
    /// A TLS connection lasts up to five quarters of it, which must be less than the minute for which servers keep theirs.
    /// </param>
    /// <param name="tls">The TLS options by which servers' certificates are validated; <c>null</c> for the system's rules.</param>
    internal HttpClientTransport(IWebProxy proxy, TimeSpan blockingIdleTime, SslClientAuthenticationOptions? tls = null)
    {
        _connections = new OwnConnections(() => MakeConnections(proxy, ConnectAsync, idleTime: TimeSpan.FromSeconds(30), tls));
        _blockingConnections = new OwnConnections(() => MakeConnections(proxy, Connect, blockingIdleTime, tls));
    }

    /// <summary>Whether HttpClient writes the <c>traceparent</c> header: it is the caller's, and has a listener.</summary>
    /// <remarks>
    /// A caller's HttpClient creates its own span where a listener records it, and sends its id: that span is between the call's span and the server's. Without a listener the
    /// span is not recorded, and sending its id would break the trace; but HttpClient does not replace a <c>traceparent</c> that is already set.
    /// </remarks>
    protected internal override bool SendsTraceParent => _getClient is not null && SpansOfHttpClient.HasListeners();

    /// <summary>Creates a transport that sends through the caller's HttpClient, which is not disposed with the transport.</summary>
    /// <remarks>
    /// <para>The HttpClient's <see cref="HttpClient.Timeout"/> applies in addition to the client's; the shorter one takes effect. Its
    /// <see cref="HttpClient.DefaultRequestVersion"/> and <see cref="HttpClient.DefaultVersionPolicy"/> apply to calls, and can select HTTP/2 or HTTP/3.</para>
    /// <para>An attacker on the network may have truncated a reply over https that declares no length and ends with its connection, and HttpClient does not report how the
    /// connection ended (RFC 9112 9.8). On its own connections, the transport rejects such a reply. With your own HttpClient, whose handlers may have decompressed or created the
    /// reply, the transport rejects it only if truncation would be undetectable: if it is a bare number. Any other truncated JSON is not valid JSON.</para>
    /// </remarks>
    public HttpClientTransport(HttpClient httpClient)
    {
        ArgumentNullException.ThrowIfNull(httpClient);
        _getClient = () => httpClient;
    }

    /// <summary>Creates a transport that requests an HttpClient for each call, such as from a factory that renews its connections.</summary>
    /// <remarks>
    /// <para>The transport does not dispose the HttpClient.</para>
    /// <inheritdoc cref="HttpClientTransport(HttpClient)" path="/remarks/node()"/>
    /// </remarks>
    /// <param name="getHttpClient">Returns the HttpClient for a call; called on many threads at once.</param>
    public HttpClientTransport(Func<HttpClient> getHttpClient)
    {
        ArgumentNullException.ThrowIfNull(getHttpClient);
        _getClient = getHttpClient;
    }

    /// <summary>Gets whether synchronous calls may use the caller's HttpClient; <c>false</c> by default.</summary>
    /// <remarks>
    /// A synchronous call would silently skip handlers that override only SendAsync, as most token handlers do. Set it to <c>true</c> if all handlers also override Send.
    /// </remarks>
    public bool AllowSynchronous { get; init; }

    /// <summary>Returns the idempotency of a request, for handlers in the caller's HttpClient that repeat requests.</summary>
    /// <remarks>
    /// Nearly all requests are POSTs, and only some of them may be repeated. A call through a contract has the <see cref="JsonRpcMethodAttribute.Idempotency"/> of its method.
    /// That of any other request is unknown.
    /// </remarks>
    /// <param name="request">A request of this transport; the idempotency of any other, and of <c>null</c>, is unknown.</param>
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
    /// <exception cref="NotSupportedException">The transport uses the caller's HttpClient, and <see cref="AllowSynchronous"/> is <c>false</c>.</exception>
    public override void Send(HttpExchange exchange, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        if (_getClient is not null && !AllowSynchronous)
        {
            throw new NotSupportedException(
                $"This client uses your own HttpClient, and a synchronous call would skip its handlers that override only SendAsync. Call the Async method, or set {nameof(HttpClientTransport)}.{nameof(AllowSynchronous)}.");
        }
        using var request = MakeRequest(exchange, cancellationToken);
        using var connections = new Use(_blockingConnections);
        using var response = SendHead(request, connections, cancellationToken);
        TakeHead(exchange, response, connections);
        using var stream = response.Content.ReadAsStream(cancellationToken);
        // A synchronous read has no token: closing the stream cancels it.
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
            // A reply that is abandoned closes its connection at once: reading the rest would race with the abandoned read.
            MaxResponseDrainSize = 0,
            ConnectCallback = connect,
        });

    /// <summary>Connects, and cancels the attempt with the call that needs it.</summary>
    /// <remarks>
    /// The handler would otherwise continue the attempt for some seconds, and the next call would wait for it: for a lost SYN, although the server is back long ago.
    /// </remarks>
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

    /// <summary>Connects on the calling thread.</summary>
    /// <remarks>A synchronous connect has no token: closing the socket cancels it.</remarks>
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

    /// <summary>Whether the connection is plain HTTP without a proxy or tunnel: with TLS an asynchronous empty read is normal.</summary>
    private static bool IsDirectAndPlain(SocketsHttpConnectionContext context) =>
        context.InitialRequestMessage is CallRequest { RequestUri: { } target } && target.Scheme == Uri.UriSchemeHttp
        && target.IdnHost.Equals(context.DnsEndPoint.Host, StringComparison.OrdinalIgnoreCase) && target.Port == context.DnsEndPoint.Port;

    /// <summary>Returns the call's token; none for the CONNECT request that the handler sends to a proxy.</summary>
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
            // Most calls have only the content's header fields and this library's own, and then need no table of request headers. On the transport's own connections it does not
            // matter which table holds a header field; the handlers of a caller's HttpClient expect each in the right one.
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

    /// <summary>Marks an exception as unsent if the request failed before its body was read, which means while connecting.</summary>
    /// <remarks>
    /// A request without a body may have been sent before, since the handler repeats it if a keep-alive connection was closed. The handlers of a caller's HttpClient may have
    /// sent this or another request before.
    /// </remarks>
    /// <returns>Always <c>false</c>, so that an exception filter does not catch the exception.</returns>
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

    /// <summary>Returns the caller's HttpClient, and applies its default HTTP version to the request.</summary>
    private HttpClient ClientFor(HttpRequestMessage request)
    {
        var client = _getClient!();
        if (request.Version == HttpVersion.Version11)
            (request.Version, request.VersionPolicy) = (client.DefaultRequestVersion, client.DefaultVersionPolicy);
        return client;
    }

    /// <summary>Opens the body; on the transport's own connections it is available synchronously, with a caller's handler it may not be.</summary>
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
        // HttpClient skips other interim replies, but treats a switch of protocols as the final one, which would never end.
        if ((int)response.StatusCode < 200)
        {
            throw new HttpRequestException(HttpRequestError.InvalidResponse, response.StatusCode == HttpStatusCode.SwitchingProtocols
                ? "The server switched to another protocol (status 101), which the client did not request."
                : $"The reply is not valid HTTP: {(int)response.StatusCode:000} is not a valid status (RFC 9110 15).");
        }
        exchange.StatusCode = (int)response.StatusCode;
        if (exchange.StatusCode >= 400 && !IsJson(response))
            connections.Replace();
        if (response.Content.Headers.ContentLength > exchange.ResponseBody.MaxLength && exchange.Method != "HEAD")
            throw new BodyTooLargeException(exchange.ResponseBody.MaxLength);
    }

    /// <summary>Whether a reply is JSON; an error that is not JSON does not come from a server of this library.</summary>
    /// <remarks>HttpListener itself sends a second reply a moment after some of its own errors. The next call on the connection would take that reply as its answer.</remarks>
    private static bool IsJson(HttpResponseMessage response) =>
        response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var types) && types.ToString().Contains("json", StringComparison.OrdinalIgnoreCase);

    /// <summary>Rejects a reply without a length that may have been truncated.</summary>
    /// <remarks>Only a close_notify, which HttpClient does not report, shows that such a reply is complete (RFC 9112 9.8).</remarks>
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

    /// <summary>A call's use of the transport's own connections; empty where the caller's HttpClient is used.</summary>
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

    /// <summary>The body of a reply that is still arriving.</summary>
    /// <remarks>Disposing it before its end closes the connection, without reading the rest.</remarks>
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

    /// <summary>A request that passes its call's token to the code that connects.</summary>
    private sealed class CallRequest(HttpMethod method, Uri address) : HttpRequestMessage(method, address)
    {
        public CancellationToken EndOfCall { get; init; }

        /// <summary>The body; <c>null</c> where the request has none.</summary>
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
