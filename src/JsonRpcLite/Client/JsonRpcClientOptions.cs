using System.Text.Json;

namespace JsonRpcLite;

/// <summary>The settings of a client.</summary>
/// <remarks>
/// Each property checks its value when it is set: a value out of range throws an <see cref="ArgumentOutOfRangeException"/> that names the property, the range and the value. A
/// client copies its options when it is created; later changes have no effect on it.
/// </remarks>
public sealed class JsonRpcClientOptions
{
    /// <summary>Creates options with the default values.</summary>
    public JsonRpcClientOptions()
    {
    }

    /// <summary>Copies all options but <see cref="Transport"/>, which is left at its default.</summary>
    /// <remarks>
    /// One transport serves one client, so two clients created from copies of the same options must not share it. The copy is deep: later changes to the headers and the
    /// serializer options of one object do not affect the other.
    /// </remarks>
    /// <param name="other">The options to copy.</param>
    public JsonRpcClientOptions(JsonRpcClientOptions other)
    {
        ArgumentNullException.ThrowIfNull(other);
        SerializerOptions = other.SerializerOptions is { } serializer ? new JsonSerializerOptions(serializer) : null;
        Timeout = other.Timeout;
        MaxResponseBodySize = other.MaxResponseBodySize;
        TimeProvider = other.TimeProvider;
        other.Headers.CopyTo(Headers);
        Middleware = [.. other.Middleware];
        Retry = other.Retry?.Copy();
        KnownMethods = other.KnownMethods;
        SafeCalls = other.SafeCalls;
    }

    /// <summary>The transport that sends the calls; by default a new <see cref="HttpClientTransport"/>.</summary>
    /// <remarks>One transport serves one client.</remarks>
    public ClientTransport? Transport { get; set; }

    /// <summary>The options by which values are written to JSON and read from it.</summary>
    /// <remarks>See <see cref="JsonRpcServerOptions.SerializerOptions"/> for the default, and for the rules that always apply.</remarks>
    public JsonSerializerOptions? SerializerOptions { get; set; }

    /// <summary>The time-out of a call, from its beginning to the last byte of the reply.</summary>
    /// <remarks>The client declares the time-out to the server (<see cref="HeaderFields.TimeoutMs"/>), which then cancels the call too.</remarks>
    /// <value>Above 0 and at most 24 days, or <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>; 30 s by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan Timeout { get; set => field = SettingCheck.TimeAboveZeroOrInfinite(value); } = TimeSpan.FromSeconds(30);

    /// <summary>The largest reply body that the client accepts, in bytes.</summary>
    /// <value>1 KiB to 2 GiB; 16 MiB by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxResponseBodySize { get; set => field = SettingCheck.AtLeast(1024, value); } = 16 * 1024 * 1024;

    /// <summary>Header fields to send with every call, such as a token: <c>Headers = { ["Authorization"] = "Bearer ..." }</c>.</summary>
    /// <remarks>
    /// They replace the header fields that the client sends itself: <c>Content-Type</c>, <see cref="HeaderFields.TimeoutMs"/> (the server then uses that time-out, and the client
    /// still <see cref="Timeout"/>), and <c>Host</c>. Only the transport writes the header fields that frame a message; setting one of them is an <see cref="ArgumentException"/>
    /// when the client is created: <c>Content-Length</c>, <c>Transfer-Encoding</c>, <c>Trailer</c>, <c>TE</c>, <c>Connection</c>, <c>Keep-Alive</c>, <c>Proxy-Connection</c> and
    /// <c>Upgrade</c>. Empty by default.
    /// </remarks>
    public HeaderFields Headers { get; } = [];

    /// <summary>The clock for the time limits of the client and of its <see cref="Transport"/>; the system's by default.</summary>
    /// <remarks>
    /// The connections of <see cref="HttpClientTransport"/> are an exception: HttpClient uses the system's clock for the connect time-out and the lifetime of connections. With
    /// another clock than the system's, the objects of a call are not reused for the next one.
    /// </remarks>
    /// <exception cref="ArgumentNullException">The value is <c>null</c>.</exception>
    public TimeProvider TimeProvider
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value, nameof(TimeProvider));
            field = value;
        }
    } = TimeProvider.System;

    /// <summary>The names of the methods that metrics record by name (<see cref="JsonRpcTelemetry"/>).</summary>
    /// <remarks>
    /// All other methods are recorded as <c>_OTHER</c>, since each name is a separate time series, and a name may come from untrusted input. A span always has the name.
    /// </remarks>
    /// <value>Empty by default. The collection is copied when it is set.</value>
    /// <exception cref="ArgumentNullException">The value is <c>null</c>.</exception>
    public IReadOnlyCollection<string> KnownMethods
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value, nameof(KnownMethods));
            field = [.. value];
        }
    } = [];

    /// <summary>The rules for retrying failed calls, around all <see cref="Middleware"/>.</summary>
    /// <remarks><c>Retry = new()</c> uses the defaults of <see cref="JsonRpcRetryOptions"/>.</remarks>
    /// <value><c>null</c> by default: a call is sent once. (A transport sends a request over another connection if no byte of it was sent on the first.)</value>
    public JsonRpcRetryOptions? Retry { get; set; }

    /// <summary>The HTTP method of calls that are known to change nothing.</summary>
    /// <remarks>
    /// A call is known to change nothing by <see cref="JsonRpcMethodAttribute.Idempotency"/> on its method of a contract, or by <see cref="JsonRpcCallOptions.Idempotency"/>. A
    /// batch is sent by QUERY if all its calls and notifications are safe. Calls of unknown idempotency are always sent by POST.
    /// </remarks>
    /// <value><see cref="JsonRpcSafeCalls.Post"/> by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a member of the enumeration.</exception>
    public JsonRpcSafeCalls SafeCalls { get; set => field = SettingCheck.That(Enum.IsDefined(value), value, "Post, Query or Get"); }

    /// <summary>Middleware around every exchange of the client, such as for tokens, logs and retries.</summary>
    /// <remarks>The first in the list is the outermost.</remarks>
    /// <value>Empty by default.</value>
    public IList<JsonRpcClientMiddleware> Middleware { get; } = [];

    /// <summary>Adds middleware to <see cref="Middleware"/>.</summary>
    /// <param name="middleware">The middleware.</param>
    /// <returns>These options.</returns>
    public JsonRpcClientOptions Use(JsonRpcClientMiddleware middleware)
    {
        ArgumentNullException.ThrowIfNull(middleware);
        Middleware.Add(middleware);
        return this;
    }

    /// <summary>Distributes calls over several addresses of one service, round-robin, and skips unreachable ones.</summary>
    /// <remarks>
    /// <para>An unreachable address is skipped for 10 s, unless all addresses are unreachable; then one call tries it again.</para>
    /// <para>Each call begins with the next address. With <see cref="Retry"/>, each further attempt goes to the address after that, so that a call to an unreachable server
    /// continues with the next one; without it, the call fails, and later calls skip the address. Only an unreachable address is skipped (unknown host name, connection refused,
    /// connect time-out), and not a server that answers with an error. With an HttpClient that you pass in, and for calls by GET through an HttpClient, an address is not skipped
    /// after a connect time-out.</para>
    /// <para>This is middleware, and runs in the order in which middleware is added. These addresses, including their paths, replace the one that the client is created with.
    /// Clients that are created from the same options share the position in the list and the knowledge of unreachable addresses. The 10 s are nginx's default (fail_timeout).
    /// Thread-safe.</para>
    /// </remarks>
    /// <param name="addresses">The addresses, absolute, http or https. Copied.</param>
    /// <returns>These options.</returns>
    /// <exception cref="ArgumentException">There is no address, or an address is not an absolute http or https address, or contains a user name or password.</exception>
    /// <example>
    /// <code>
    /// using var client = MakeClient(addresses[0], new JsonRpcClientOptions { Retry = new() }.UseAddresses(addresses));
    /// </code>
    /// </example>
    public JsonRpcClientOptions UseAddresses(params Uri[] addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        if (addresses.Length == 0)
            throw new ArgumentException($"{nameof(UseAddresses)} needs at least one address.", nameof(addresses));
        foreach (var address in addresses)
            JsonRpcClient.CheckAddress(address, nameof(addresses));
        return Use(new RoundRobinAddresses([.. addresses]).SendAsync);
    }

    internal void Check()
    {
        if (Headers.FindFraming() is { } framing)
            throw new ArgumentException(
                $"{nameof(JsonRpcClientOptions)}.{nameof(Headers)} must not contain '{framing}', which only the transport writes. Remove it.", nameof(Headers));
    }
}
