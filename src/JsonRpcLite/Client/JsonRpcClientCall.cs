namespace JsonRpcLite;

/// <summary>One exchange of a client, as its middleware sees it.</summary>
/// <remarks>The object is reused for other calls once the middleware's task has completed, so do not keep it. Not thread-safe.</remarks>
public sealed class JsonRpcClientCall
{
    private Dictionary<object, object?>? _items;

    internal JsonRpcClientCall(HttpExchange exchange) => Exchange = exchange;

    /// <summary>The name of the method; <c>null</c> for a plain call and for a batch.</summary>
    public string? Method { get; private set; }

    /// <summary>Gets whether the exchange carries a batch.</summary>
    public bool IsBatch { get; private set; }

    /// <summary>The number of calls that expect a response: 1 for a call, 0 for a notification.</summary>
    /// <remarks>For a batch it is the number of its requests that are not notifications.</remarks>
    public int Count { get; private set; }

    /// <summary>The idempotency of the call; <see cref="JsonRpcIdempotency.None"/> where the client does not know it.</summary>
    public JsonRpcIdempotency Idempotency { get; private set; }

    /// <summary>The HTTP exchange, with the request before <c>next</c> and the reply after it.</summary>
    /// <remarks>
    /// Before <c>next</c>, middleware may change the address, header fields and body of the request; after it, the exchange has the status, header fields and body of the reply.
    /// When <c>next</c> has thrown, the property returns another object with the same request and no reply, since a transport may still use the old one: read the property again.
    /// </remarks>
    public HttpExchange Exchange { get; internal set; }

    /// <summary>Gets whether the call is synchronous: <c>next</c> has completed when it returns.</summary>
    public bool IsSynchronous { get; private set; }

    /// <summary>The number of times that the request was sent: 0 before the first <c>next</c>.</summary>
    /// <remarks>Each <c>next</c> adds 1. From the second attempt on, the reply is cleared before it; the request stays as middleware has changed it.</remarks>
    public int Attempt { get; internal set; }

    /// <summary>The data that middleware stores with the call.</summary>
    /// <remarks>Empty at first, and created when it is first used. It is cleared before the next call.</remarks>
    public IDictionary<object, object?> Items => _items ??= [];

    /// <summary>The index of the address of the last attempt; used by <see cref="RoundRobinAddresses"/> only.</summary>
    internal int AddressIndex { get; set; }

    /// <summary>The call that sends the exchange.</summary>
    internal ClientCall? Sender { get; init; }

    /// <summary>Checks the use of <c>next</c>.</summary>
    internal NextGuard Next { get; } = new();

    internal void Describe(string? method, bool isBatch, int count, JsonRpcIdempotency idempotency) =>
        (Method, IsBatch, Count, Idempotency) = (method, isBatch, count, idempotency);

    internal void Begin(HttpExchange exchange, bool isSynchronous)
    {
        (Exchange, IsSynchronous, Attempt) = (exchange, isSynchronous, 0);
        _items?.Clear();
    }
}
