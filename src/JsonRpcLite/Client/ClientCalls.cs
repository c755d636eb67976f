using System.Collections.Concurrent;
using System.Globalization;

namespace JsonRpcLite;

/// <summary>What all calls of a client have in common: where they go, what they carry, how long they may take; and the calls themselves, which are used again.</summary>
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

    /// <summary>Whether any call has had a reply.</summary>
    public bool HasAnswered
    {
        get => _hasAnswered;
        set
        {
            // Nearly always it is known, and the cores keep what they have read.
            if (_hasAnswered != value)
                _hasAnswered = value;
        }
    }

    /// <summary>The clock for <see cref="Timeout"/>.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>What sends a call; <c>null</c> where that is the transport alone.</summary>
    public JsonRpcClientHandler? Middleware { get; }

    /// <summary>Cancelled when the client is disposed.</summary>
    public CancellationToken Disposed => _disposed.Token;

    /// <param name="kind">What the server must be: <see cref="HeaderFields.PlainKind"/> or <see cref="HeaderFields.JsonRpcKind"/>.</param>
    /// <param name="method">The method's name, for middleware; <c>null</c> for a plain call and a batch.</param>
    /// <param name="count">How many calls wait for an answer.</param>
    /// <param name="isBatch">Whether it is a batch.</param>
    /// <param name="size">How many requests the batch has.</param>
    /// <param name="idempotency">What happens when the call is repeated, as the contract says: for middleware and for the HTTP method.</param>
    /// <param name="options">What the caller says of the call; <c>null</c> for nothing.</param>
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

        // Whatever a transport did to them before, it finds them as new.
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

    /// <summary>A call whose reply may come as a stream. The time-out bounds the silence between two messages, and is not sent to the server.</summary>
    /// <inheritdoc cref="Begin" path="/exception"/>
    public ClientCall BeginStream(string method, JsonRpcIdempotency idempotency = JsonRpcIdempotency.None, JsonRpcCallOptions? options = null)
    {
        if (options?.IdempotencyKey is not null)
            throw new NotSupportedException($"A call that streams has no {nameof(JsonRpcCallOptions.IdempotencyKey)}: what has left of a stream is not kept.");
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

    /// <summary>Makes an exchange ready for a reply: as new, but for its request.</summary>
    public void MakeReady(HttpExchange exchange)
    {
        exchange.ContentLength = null;
        exchange.CloseConnection = false;
        exchange.ClearResponse();
        exchange.ResponseBody.MaxLength = _maxResponseBodySize;
    }

    /// <summary>Makes another exchange with the same request, ready for a reply.</summary>
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

    /// <summary>Declares what is left of the time, where the client declares it at all.</summary>
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

    /// <summary>An id that no other call of the client has.</summary>
    public long NextId() => Interlocked.Increment(ref _lastId);

    /// <summary>Whether metrics tell the method from others.</summary>
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
