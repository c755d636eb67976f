namespace JsonRpcLite;

/// <summary>The settings of JSON-RPC.</summary>
/// <remarks>
/// The server of a plain function ignores them. Each value is checked when it is set. The values are copied when a server starts; later changes have no effect on it.
/// </remarks>
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

    /// <summary>The largest number of calls in one batch.</summary>
    /// <remarks>A longer batch is answered with one error, code -32010.</remarks>
    /// <value>At least 1; 1000 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxBatchCalls { get; set => field = SettingCheck.AtLeast(1, value); } = 1000;

    /// <summary>The number of calls of one batch that may run at the same time.</summary>
    /// <remarks>
    /// With 1 the calls run one after the other, in order. Fewer calls of a batch run at the same time while <see cref="JsonRpcServerLimits.MaxConcurrentCalls"/> has no permits
    /// for more; at least one always runs. A batch whose methods were fast in earlier batches begins with one call at a time. It runs more as soon as a call awaits something, or
    /// as soon as calls of at least 5 us have taken 0.1 ms together. Shorter calls stay on one thread.
    /// </remarks>
    /// <value>At least 1; the number of processor cores by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxBatchParallelism { get; set => field = SettingCheck.AtLeast(1, value); } = Environment.ProcessorCount;

    /// <summary>Whether <c>"params":null</c> is rejected with -32600, as the specification requires (JSON-RPC 2.0, 4.2).</summary>
    /// <value><c>false</c> by default: null means no parameters.</value>
    public bool StrictParams { get; set; }

    /// <summary>The HTTP status of the reply to a notification, and to a batch that has only notifications.</summary>
    /// <value>200, 202 or 204; 204 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not one of these.</exception>
    public int NotificationStatusCode { get; set => field = SettingCheck.That(value is 200 or 202 or 204, value, "200, 202 or 204"); } = 204;

    /// <summary>Whether GET may call methods marked <see cref="JsonRpcIdempotency.Safe"/>, so that browsers and proxies can cache results.</summary>
    /// <remarks>
    /// <para>The target is <c>?method={name}&amp;params={JSON}</c>, percent-encoded UTF-8, on any path but those of health checks. The reply is the bare result with an
    /// <c>ETag</c>, or <c>{"error":{...}}</c> with an error status: 400, 401, 403, 404 (no such method, or one that is not safe), 406, 429, 500, 503, 504.
    /// <see cref="JsonRpcMethodAttribute.MaxAge"/> sets how long a cache may use a result. A sequence is returned as a list.</para>
    /// <para>Request targets are often kept in logs and histories, so do not allow GET if parameters are secrets. A GET that a page or a link of another site makes is refused,
    /// as any call of such a page is.</para>
    /// </remarks>
    /// <value><c>false</c> by default.</value>
    public bool AllowGet { get; set; }

    /// <summary>The time without data after which a stream sends a comment as a heartbeat.</summary>
    /// <remarks>
    /// The comment shows client and proxies that the stream is alive, and lets the server notice that the client has disconnected. Proxies close silent connections: nginx after
    /// 60 s, HAProxy commonly after 30 to 50 s. With HttpListener the heartbeat is the only way to notice that a client has disconnected.
    /// </remarks>
    /// <value>Above 0 and at most 24 days, or <see cref="Timeout.InfiniteTimeSpan"/> to send none; 15 s by default (as the HTML Living Standard, 9.2.7, advises).</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan StreamHeartbeat { get; set => field = SettingCheck.TimeAboveZeroOrInfinite(value); } = TimeSpan.FromSeconds(15);
}
