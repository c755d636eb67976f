using System.Text.Json;

namespace JsonRpcLite;

/// <summary>The settings of a client.</summary>
/// <remarks>
/// Each value is checked where it is set; one out of range is an <see cref="ArgumentOutOfRangeException"/> that names the property, the range and the value. A client copies its
/// options when it is made; later changes have no effect on it.
/// </remarks>
public sealed class JsonRpcClientOptions
{
    /// <summary>Creates options with the default values.</summary>
    public JsonRpcClientOptions()
    {
    }

    /// <summary>Copies all options but <see cref="Transport"/>, which is left at its default.</summary>
    /// <remarks>
    /// One transport serves one client: two clients made from copies of the same options must not share one by accident. The copy is deep: later changes to the headers and the
    /// serializer options of one do not reach the other.
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

    /// <summary>What carries the calls: by default a new <see cref="HttpClientTransport"/>. One transport serves one client.</summary>
    public ClientTransport? Transport { get; set; }

    /// <summary>How values become JSON and JSON becomes values; see <see cref="JsonRpcServerOptions.SerializerOptions"/> for the default and for what always holds.</summary>
    public JsonSerializerOptions? SerializerOptions { get; set; }

    /// <summary>How long a call may take, from its beginning to the last byte of the reply.</summary>
    /// <remarks>The client declares it to the server (<see cref="HeaderFields.TimeoutMs"/>), which ends the call then too.</remarks>
    /// <value>Above 0 and at most 24 days, or <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>; 30 s by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan Timeout { get; set => field = SettingCheck.TimeAboveZeroOrInfinite(value); } = TimeSpan.FromSeconds(30);

    /// <summary>The largest body of a reply that the client takes, in bytes.</summary>
    /// <value>1 KiB to 2 GiB; 16 MiB by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxResponseBodySize { get; set => field = SettingCheck.AtLeast(1024, value); } = 16 * 1024 * 1024;

    /// <summary>
    /// Fields to send with every call, such as a token: <c>Headers = { ["Authorization"] = "Bearer ..." }</c>. None by default. They take the place of what would be sent by
    /// itself: <c>Content-Type</c>, <see cref="HeaderFields.TimeoutMs"/> (the server then ends a call by that, the client still by <see cref="Timeout"/>), and <c>Host</c>. What
    /// frames a message is the transport's to write, and an <see cref="ArgumentException"/> when the client is made: <c>Content-Length</c>, <c>Transfer-Encoding</c>,
    /// <c>Trailer</c>, <c>TE</c>, <c>Connection</c>, <c>Keep-Alive</c>, <c>Proxy-Connection</c> and <c>Upgrade</c>.
    /// </summary>
    public HeaderFields Headers { get; } = [];

    /// <summary>The clock for the time limits of the client and of its <see cref="Transport"/>; the system's by default.</summary>
    /// <remarks>
    /// Connections of <see cref="HttpClientTransport"/> are the exception: HttpClient reads the system's clock for how long connecting may take and for how long a connection is
    /// kept. With another clock than the system's, a call's objects are not used again for the next one.
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

    /// <summary>
    /// The names of methods that metrics tell apart (<see cref="JsonRpcTelemetry"/>). Others are <c>_OTHER</c> there, since each name is a series of its own, and a name may come
    /// from anywhere; a span has every name.
    /// </summary>
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

    /// <summary>How failed calls are tried again, around all <see cref="Middleware"/>: <c>Retry = new()</c> takes the defaults of <see cref="JsonRpcRetryOptions"/>.</summary>
    /// <value><c>null</c> by default: a call is sent once. (A transport sends a request over another connection where nothing of it has left on the first.)</value>
    public JsonRpcRetryOptions? Retry { get; set; }

    /// <summary>
    /// The HTTP method of calls that are known to change nothing, such as those of a contract's methods with <see cref="JsonRpcMethodAttribute.Idempotency"/>, or with
    /// <see cref="JsonRpcCallOptions.Idempotency"/>.
    /// </summary>
    /// <remarks>A batch goes by QUERY when all its calls and notifications are safe. Calls of which nothing is known go by POST always.</remarks>
    /// <value><see cref="JsonRpcSafeCalls.Post"/> by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a member of the enumeration.</exception>
    public JsonRpcSafeCalls SafeCalls { get; set => field = SettingCheck.That(Enum.IsDefined(value), value, "Post, Query or Get"); }

    /// <summary>Middleware around every exchange of the client, such as for tokens, logs and retries. The first in the list is the outermost.</summary>
    /// <value>Empty by default.</value>
    public IList<JsonRpcClientMiddleware> Middleware { get; } = [];

    /// <summary>Adds to <see cref="Middleware"/>.</summary>
    /// <param name="middleware">The middleware.</param>
    /// <returns>These options.</returns>
    public JsonRpcClientOptions Use(JsonRpcClientMiddleware middleware)
    {
        ArgumentNullException.ThrowIfNull(middleware);
        Middleware.Add(middleware);
        return this;
    }

    /// <summary>Sends calls to several addresses of one service in turn, without those that cannot be reached.</summary>
    /// <remarks>
    /// <para>An address that cannot be reached is left out for 10 s, unless all are; then one call tries it again.</para>
    /// <para>Each call begins with the next address. With <see cref="Retry"/>, each further attempt of it goes to the address after that, so that a call that meets a dead server
    /// goes on to the next one; without it, that call fails, and those after it leave the address out. Only what could not be reached at all is left out (no such name, refused,
    /// connecting took too long), and not a server that answers with an error. Through an HttpClient of yours, and by GET through an HttpClient, an address is not left out where
    /// connecting takes too long.</para>
    /// <para>It is middleware, and stands among the others in the order in which they are added. These addresses take the place of the one that the client is made with, path
    /// included. Clients that are made from the same options share the turns and what they know of the addresses. The 10 s are those of nginx (fail_timeout). Thread-safe.</para>
    /// </remarks>
    /// <param name="addresses">The addresses, absolute, http or https. Copied.</param>
    /// <returns>These options.</returns>
    /// <exception cref="ArgumentException">There is no address, or one is not an absolute http or https address, or holds a user name or password.</exception>
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
            throw new ArgumentException($"{nameof(JsonRpcClientOptions)}.{nameof(Headers)} has '{framing}', which is the transport's to write.", nameof(Headers));
    }
}
