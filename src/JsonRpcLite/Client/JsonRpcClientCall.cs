namespace JsonRpcLite;

/// <summary>One exchange of a client, as its middleware sees it. Lent: the object serves other calls when the middleware's task has ended. Not thread-safe.</summary>
public sealed class JsonRpcClientCall
{
    private Dictionary<object, object?>? _items;

    internal JsonRpcClientCall(HttpExchange exchange) => Exchange = exchange;

    /// <summary>The name of the method; <c>null</c> for a plain call and for a batch.</summary>
    public string? Method { get; private set; }

    /// <summary>Whether the exchange carries a batch.</summary>
    public bool IsBatch { get; private set; }

    /// <summary>How many calls wait for an answer: 1 for a call, 0 for a notification, and of a batch as many as are not notifications.</summary>
    public int Count { get; private set; }

    /// <summary>What happens when the call is repeated, as far as the client knows; <see cref="JsonRpcIdempotency.None"/> where it does not.</summary>
    public JsonRpcIdempotency Idempotency { get; private set; }

    /// <summary>
    /// The HTTP exchange: address, header fields and body of the request, to be changed before <c>next</c>; status, header fields and body of the reply after it. When <c>next</c>
    /// has thrown it is another object with the same request and no reply, since a transport may still use the one before: read the property again.
    /// </summary>
    public HttpExchange Exchange { get; internal set; }

    /// <summary>Whether the caller's thread waits: <c>next</c> has completed when it returns.</summary>
    public bool IsSynchronous { get; private set; }

    /// <summary>
    /// How often the request was sent: 0 before the first <c>next</c>, and one more with each. From the second on the reply begins anew; the request stays what middleware has made
    /// of it.
    /// </summary>
    public int Attempt { get; internal set; }

    /// <summary>What middleware keeps with the call while it lasts. Empty at first, and created when it is first used.</summary>
    public IDictionary<object, object?> Items => _items ??= [];

    /// <summary>The place of the address to which the last attempt went; of <see cref="RoundRobinAddresses"/> alone.</summary>
    internal int AddressIndex { get; set; }

    /// <summary>What sends it.</summary>
    internal ClientCall? Sender { get; init; }

    /// <summary>Watches over <c>next</c>.</summary>
    internal NextGuard Next { get; } = new();

    internal void Describe(string? method, bool isBatch, int count, JsonRpcIdempotency idempotency) =>
        (Method, IsBatch, Count, Idempotency) = (method, isBatch, count, idempotency);

    internal void Begin(HttpExchange exchange, bool isSynchronous)
    {
        (Exchange, IsSynchronous, Attempt) = (exchange, isSynchronous, 0);
        _items?.Clear();
    }
}
