using System.Collections.Concurrent;
using System.Globalization;

namespace JsonRpcLite;

/// <summary>The state that all calls of a client share: address, header fields and time-out; and the idle call objects.</summary>
internal sealed class ClientCalls : IDisposable
{
    private readonly ClientTransport _transport;
    private readonly HeaderFields _fields = [];
    private readonly HashSet<string> _knownMethods;
    private readonly bool _saysKind;
    private readonly bool _saysTimeout;
    private readonly bool _makesKeys;
    private readonly int _maxResponseBodySize;
    private readonly JsonRpcSafeCalls _safeCalls;
    private readonly ConcurrentQueue<ClientCall> _idle = [];
    private readonly CancellationTokenSource _disposed = new();
    private volatile bool _hasAnswered;
    private long _lastId;

    public ClientCalls(Uri address, JsonRpcClientOptions options)
    {
        Address = address;
        _transport = (options.Transport ?? new HttpClientTransport()).Take(options.TimeProvider);
        _fields.AddUnchecked("Content-Type", "application/json");
        if (options.Timeout != System.Threading.Timeout.InfiniteTimeSpan)
            _fields.AddUnchecked(HeaderFields.TimeoutMs, Milliseconds(options.Timeout));
        foreach (var (name, _) in options.Headers)
            _fields.Remove(name);
        foreach (var (name, value) in options.Headers)
            _fields.AddUnchecked(name, value);
        _saysKind = !_fields.Contains(HeaderFields.Kind);
        _saysTimeout = !options.Headers.Contains(HeaderFields.TimeoutMs);
        Timeout = options.Timeout;
        TimeProvider = options.TimeProvider;
        _knownMethods = options.KnownMethods.ToHashSet(StringComparer.Ordinal);
        _maxResponseBodySize = options.MaxResponseBodySize;
        _makesKeys = options.Retry is { IdempotencyKeys: true };
        _safeCalls = options.SafeCalls;
        Middleware = ClientPipeline.Compose(this, options.Middleware, options.Retry);
    }

    public Uri Address { get; }

    public TimeSpan Timeout { get; }

    /// <summary>Whether the client has received any reply.</summary>
    public bool HasAnswered
    {
        get => _hasAnswered;
        set
        {
            // It is nearly always set already; reading instead of writing keeps the value in the caches of all cores.
            if (_hasAnswered != value)
                _hasAnswered = value;
        }
    }

    /// <summary>The clock for <see cref="Timeout"/>.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>The middleware chain that sends a call; <c>null</c> where the transport sends it directly.</summary>
    public JsonRpcClientHandler? Middleware { get; }

    /// <summary>Cancelled when the client is disposed.</summary>
    public CancellationToken Disposed => _disposed.Token;

    /// <param name="kind">The kind of server that the call needs: <see cref="HeaderFields.PlainKind"/> or <see cref="HeaderFields.JsonRpcKind"/>.</param>
    /// <param name="method">The method's name, for middleware; <c>null</c> for a plain call and a batch.</param>
    /// <param name="count">The number of calls that expect a response.</param>
    /// <param name="isBatch">Whether the exchange carries a batch.</param>
    /// <param name="size">The number of requests in the batch.</param>
    /// <param name="idempotency">The call's idempotency according to the contract; middleware sees it, and it selects the HTTP method.</param>
    /// <param name="options">The options of the caller; <c>null</c> for none.</param>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    public ClientCall Begin(
        string kind,
        string? method = null,
        int count = 1,
        bool isBatch = false,
        int size = 0,
        JsonRpcIdempotency idempotency = JsonRpcIdempotency.None,
        JsonRpcCallOptions? options = null)
    {
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, typeof(JsonRpcClient));
        if (!_idle.TryDequeue(out var call))
            call = new ClientCall(this, _transport);

        // The exchange is reset completely, whatever a transport has changed in it.
        var exchange = call.Exchange;
        exchange.Address = Address;
        exchange.RequestHeaders.Clear();
        _fields.CopyTo(exchange.RequestHeaders);
        if (_saysKind)
            exchange.RequestHeaders.AddUnchecked(HeaderFields.Kind, kind);
        idempotency = options?.Idempotency ?? idempotency;
        var isSafe = idempotency == JsonRpcIdempotency.Safe;
        exchange.Method = isSafe && _safeCalls == JsonRpcSafeCalls.Query ? "QUERY" : "POST";
        call.MayGet = isSafe && _safeCalls == JsonRpcSafeCalls.Get && method is not null && count == 1;
        exchange.Target = Address.PathAndQuery;
        exchange.Scheme = Address.Scheme;
        exchange.ProtocolVersion = System.Net.HttpVersion.Version11;
        exchange.Idempotency = idempotency;
        call.Timeout = Timeout;
        if (options is not null)
            Apply(options, call);
        if (_makesKeys && idempotency == JsonRpcIdempotency.None && count > 0 && !exchange.RequestHeaders.Contains(HeaderFields.IdempotencyKey))
            exchange.RequestHeaders.AddUnchecked(HeaderFields.IdempotencyKey, IdempotencyKeyField.Write(Guid.NewGuid().ToString()));
        MakeReady(exchange);
        call.ForMiddleware?.Describe(method, isBatch, count, idempotency);
        call.Describe(method, isBatch ? size : null);
        return call;
    }

    /// <summary>Begins a call whose reply may be a stream.</summary>
    /// <remarks>The time-out bounds the silence between two messages, and is not sent to the server.</remarks>
    /// <inheritdoc cref="Begin" path="/exception"/>
    public ClientCall BeginStream(string method, JsonRpcIdempotency idempotency = JsonRpcIdempotency.None, JsonRpcCallOptions? options = null)
    {
        if (options?.IdempotencyKey is not null)
            throw new NotSupportedException(
                $"A streaming call cannot have an {nameof(JsonRpcCallOptions.IdempotencyKey)}, since a server does not store streams. Call without the key.");
        var call = Begin(HeaderFields.JsonRpcKind, method, idempotency: idempotency, options: options);
        call.MayGet = false;
        if (_makesKeys)
            call.Exchange.RequestHeaders.Remove(HeaderFields.IdempotencyKey);
        call.Exchange.RequestHeaders["Accept"] = $"{HeaderFields.EventStream}, application/json";
        if (_saysTimeout)
            call.Exchange.RequestHeaders.Remove(HeaderFields.TimeoutMs);
        return call;
    }

    private void Apply(JsonRpcCallOptions options, ClientCall call)
    {
        if (options.Timeout is { } timeout)
        {
            call.Timeout = timeout;
            DeclareTimeLeft(call.Exchange, timeout);
        }
        if (options.IdempotencyKey is { } key)
            call.Exchange.RequestHeaders[HeaderFields.IdempotencyKey] = IdempotencyKeyField.Write(key);
    }

    /// <summary>Clears an exchange for a reply, and keeps its request.</summary>
    public void MakeReady(HttpExchange exchange)
    {
        exchange.ContentLength = null;
        exchange.CloseConnection = false;
        exchange.ClearResponse();
        exchange.ResponseBody.MaxLength = _maxResponseBodySize;
    }

    /// <summary>Creates another exchange with the same request, ready for a reply.</summary>
    public HttpExchange MakeSame(HttpExchange exchange)
    {
        var same = new HttpExchange
        {
            Address = exchange.Address,
            Method = exchange.Method,
            Target = exchange.Target,
            Scheme = exchange.Scheme,
            ProtocolVersion = exchange.ProtocolVersion,
            Idempotency = exchange.Idempotency,
            RequestBody = exchange.RequestBody,
        };
        exchange.RequestHeaders.CopyTo(same.RequestHeaders);
        MakeReady(same);
        return same;
    }

    /// <summary>Sends the remaining time to the server, if the client declares its time-out at all.</summary>
    public void DeclareTimeLeft(HttpExchange exchange, TimeSpan left)
    {
        if (!_saysTimeout)
            return;
        if (left == System.Threading.Timeout.InfiniteTimeSpan)
            exchange.RequestHeaders.Remove(HeaderFields.TimeoutMs);
        else
            exchange.RequestHeaders[HeaderFields.TimeoutMs] = Milliseconds(left);
    }

    private static string Milliseconds(TimeSpan time) => Math.Max(Math.Ceiling(time.TotalMilliseconds), 1).ToString(CultureInfo.InvariantCulture);

    /// <summary>Returns an id that no other call of the client has.</summary>
    public long NextId() => Interlocked.Increment(ref _lastId);

    /// <summary>Whether metrics record the method by its name.</summary>
    public bool IsKnown(string? method) => method is not null && _knownMethods.Contains(method);

    public void Return(ClientCall call)
    {
        if (_idle.Count < Housekeeping.MaxIdle)
            _idle.Enqueue(call);
        else
            call.Abandon();
    }

    public void Dispose()
    {
        _disposed.Cancel();
        _transport.Dispose();
    }
}
