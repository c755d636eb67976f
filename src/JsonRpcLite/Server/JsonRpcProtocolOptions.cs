namespace JsonRpcLite;

/// <summary>The settings of JSON-RPC itself. A plain function's server has no use for them.</summary>
/// <remarks>Each value is checked where it is set. The values are copied when a server starts; later changes have no effect on it.</remarks>
public sealed class JsonRpcProtocolOptions
{
    internal JsonRpcProtocolOptions()
    {
    }

    internal JsonRpcProtocolOptions(JsonRpcProtocolOptions other)
    {
        MaxBatchCalls = other.MaxBatchCalls;
        MaxBatchParallelism = other.MaxBatchParallelism;
        StrictParams = other.StrictParams;
        NotificationStatusCode = other.NotificationStatusCode;
        StreamHeartbeat = other.StreamHeartbeat;
        AllowGet = other.AllowGet;
    }

    /// <summary>How many calls one batch may hold. A longer batch is answered with one error, code -32010.</summary>
    /// <value>1 and up; 1000 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxBatchCalls { get; set => field = SettingCheck.AtLeast(1, value); } = 1000;

    /// <summary>How many calls of one batch run at a time; with 1 they run one after the other, in order.</summary>
    /// <remarks>
    /// A batch runs fewer at a time while <see cref="JsonRpcServerLimits.MaxConcurrentCalls"/> leaves no room for more, and always at least one. It begins with one where its
    /// methods were fast in earlier batches, and takes more as soon as a call awaits something, or calls of 5 us and more that took 0.1 ms together have ended. Shorter calls stay
    /// on one thread.
    /// </remarks>
    /// <value>1 and up; the number of processor cores by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxBatchParallelism { get; set => field = SettingCheck.AtLeast(1, value); } = Environment.ProcessorCount;

    /// <summary>Whether <c>"params":null</c> is refused with -32600, as the specification has it (JSON-RPC 2.0, 4.2).</summary>
    /// <value><c>false</c> by default: null counts as no parameters.</value>
    public bool StrictParams { get; set; }

    /// <summary>The status of the reply to a notification, and to a batch that holds only notifications.</summary>
    /// <value>200, 202 or 204; 204 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not one of these.</exception>
    public int NotificationStatusCode { get; set => field = SettingCheck.That(value is 200 or 202 or 204, value, "200, 202 or 204"); } = 204;

    /// <summary>Whether methods that are marked <see cref="JsonRpcIdempotency.Safe"/> can be called by GET, so that browsers and proxies can cache their results.</summary>
    /// <remarks>
    /// <para>The target is <c>?method={name}&amp;params={JSON}</c>, percent-encoded UTF-8, on any path but those of health checks. The reply is the bare result with an
    /// <c>ETag</c>, or <c>{"error":{...}}</c> with a status that is never a success: 400, 403, 404 (no such method, or not a safe one), 406, 500, 503, 504. How long a cache may
    /// use a result is said by <see cref="JsonRpcMethodAttribute.MaxAge"/>. A sequence is a list here.</para>
    /// <para>What stands in a target may be kept in logs and histories: do not allow it where parameters are secrets. A GET that another site's page or link makes is refused, as
    /// any call of such a page is.</para>
    /// </remarks>
    /// <value><c>false</c> by default.</value>
    public bool AllowGet { get; set; }

    /// <summary>After how much silence a stream sends a comment, which tells client and proxies that it is alive, and finds out whether the client is.</summary>
    /// <remarks>Proxies give up silent connections: nginx after 60 s, HAProxy commonly after 30 to 50 s. With HttpListener it is the only way to notice that a client has
    /// left.</remarks>
    /// <value>Above 0 and up to 24 days, or <see cref="Timeout.InfiniteTimeSpan"/> for none; 15 s by default (as the HTML Living Standard, 9.2.7, advises).</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan StreamHeartbeat { get; set => field = SettingCheck.TimeAboveZeroOrInfinite(value); } = TimeSpan.FromSeconds(15);
}
