using System.Collections.Concurrent;
using System.Globalization;

namespace JsonRpcLite;

/// <summary>What all calls of a client have in common: where they go, what they carry, how long they may take; and the calls themselves, which are used again.</summary>
internal sealed class ClientCalls : IDisposable
{
    private readonly ClientTransport _transport;
    private readonly HttpFields _fields = [];
    private readonly bool _saysKind;
    private readonly int _maxResponseBodySize;
    private readonly ConcurrentQueue<ClientCall> _idle = [];
    private readonly CancellationTokenSource _disposed = new();
    private volatile bool _hasAnswered;

    public ClientCalls(Uri address, JsonRpcClientOptions options)
    {
        Address = address;
        _transport = (options.Transport ?? new HttpClientTransport()).Take(options.TimeProvider);
        _fields.AddUnchecked("Content-Type", "application/json");
        if (options.Timeout != System.Threading.Timeout.InfiniteTimeSpan)
            _fields.AddUnchecked(HttpFields.TimeoutMs, Math.Ceiling(options.Timeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));
        foreach (var (name, _) in options.Headers)
            _fields.Remove(name);
        foreach (var (name, value) in options.Headers)
            _fields.AddUnchecked(name, value);
        _saysKind = !_fields.Contains(HttpFields.Kind);
        Timeout = options.Timeout;
        TimeProvider = options.TimeProvider;
        _maxResponseBodySize = options.MaxResponseBodySize;
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

    /// <summary>Cancelled when the client is disposed.</summary>
    public CancellationToken Disposed => _disposed.Token;

    /// <param name="kind">What the server must be: <see cref="HttpFields.PlainKind"/> or <see cref="HttpFields.JsonRpcKind"/>.</param>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    public ClientCall Begin(string kind)
    {
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, typeof(JsonRpcClient));
        if (!_idle.TryDequeue(out var call))
            call = new ClientCall(this, _transport);

        // Whatever a transport did to them before, it finds them as new.
        var exchange = call.Exchange;
        exchange.Method = "POST";
        exchange.Address = Address;
        exchange.Target = Address.PathAndQuery;
        exchange.Scheme = Address.Scheme;
        exchange.ProtocolVersion = System.Net.HttpVersion.Version11;
        exchange.ContentLength = null;
        exchange.CloseConnection = false;
        exchange.RequestFields.Clear();
        _fields.CopyTo(exchange.RequestFields);
        if (_saysKind)
            exchange.RequestFields.AddUnchecked(HttpFields.Kind, kind);
        exchange.ClearResponse();
        exchange.ResponseBody.MaxLength = _maxResponseBodySize;
        return call;
    }

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
