using System.Collections.ObjectModel;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Text.Json;

namespace JsonRpcLite;

/// <summary>The settings of a server.</summary>
/// <remarks>
/// Each value is checked when it is set. A value out of range throws an <see cref="ArgumentOutOfRangeException"/> that names the property, the range and the value. Rules that
/// involve several values are checked when a server starts. The server copies its options then; later changes have no effect on it.
/// </remarks>
public sealed class JsonRpcServerOptions
{
    /// <summary>Creates options with the default values.</summary>
    public JsonRpcServerOptions()
    {
    }

    /// <summary>Copies all options except <see cref="Transport"/>, which keeps its default.</summary>
    /// <remarks>
    /// A transport serves one server, so two servers made from copies of the same options must not share one by accident. The copy is deep: later changes to the groups, the
    /// lists and the serializer options of one do not affect the other. Functions, the traffic log and the clock are shared.
    /// </remarks>
    /// <param name="other">The options to copy.</param>
    public JsonRpcServerOptions(JsonRpcServerOptions other)
    {
        ArgumentNullException.ThrowIfNull(other);
        HostName = other.HostName;
        SerializerOptions = other.SerializerOptions is { } serializer ? new JsonSerializerOptions(serializer) : null;
        Limits = new JsonRpcServerLimits(other.Limits);
        Protocol = new JsonRpcProtocolOptions(other.Protocol);
        Discovery = new JsonRpcDiscoveryOptions(other.Discovery);
        Authenticate = other.Authenticate;
        AuthenticationChallenge = other.AuthenticationChallenge;
        DrainDelay = other.DrainDelay;
        DrainTimeout = other.DrainTimeout;
        AllowedHosts = other.AllowedHosts;
        AllowedOrigins = other.AllowedOrigins;
        TrustedProxies = other.TrustedProxies;
        ForwardedForHeader = other.ForwardedForHeader;
        OnUnhandledException = other.OnUnhandledException;
        OnWarning = other.OnWarning;
        DetailedErrors = other.DetailedErrors;
        TrafficLog = other.TrafficLog;
        TimeProvider = other.TimeProvider;
        Middleware = [.. other.Middleware];
        AcceptBaggage = other.AcceptBaggage;
        KeyedCalls = other.KeyedCalls;
    }

    /// <summary>The host name or address to bind; <c>*</c> binds every interface.</summary>
    /// <remarks>
    /// With <c>*</c>, set <see cref="AllowedHosts"/> to the names by which the server is called, and <see cref="Authenticate"/> to authenticate callers. A server that has
    /// neither starts, and warns in one line on stderr, or by <see cref="OnWarning"/>, that everyone can call it.
    /// </remarks>
    /// <value>A host name or an address, without scheme or port, or <c>*</c>. The default is <c>localhost</c>, which only this machine can reach.</value>
    /// <exception cref="ArgumentException">The value is not one of these.</exception>
    public string HostName { get; set => field = CheckHostName(value); } = "localhost";

    /// <summary>The transport, which accepts connections or exchanges.</summary>
    /// <remarks>One transport serves one server.</remarks>
    /// <value>By default (<c>null</c>) a new <see cref="HttpListenerTransport"/>.</value>
    public ServerTransport? Transport { get; set; }

    /// <summary>The options for converting values to and from JSON.</summary>
    /// <remarks>
    /// <para>By default names are camelCase and case-sensitive, and numbers are strict. Enums are text in camelCase; they are read in any case, or by the number of a member, and
    /// undefined values are rejected. Nullable annotations and required constructor parameters are respected.</para>
    /// <para>The safety rules of reading apply to any options: UTF-8 only, no duplicate members, no lone surrogates, a depth of 64, no comments, no trailing commas.</para>
    /// <para>Options of your own replace all defaults. To change a single setting, begin with <see cref="JsonRpcDefaults.CreateSerializerOptions"/>.</para>
    /// </remarks>
    /// <value><c>null</c> by default.</value>
    public JsonSerializerOptions? SerializerOptions { get; set; }

    /// <summary>The limits of what callers can use: sizes, counts, times and rates.</summary>
    public JsonRpcServerLimits Limits { get; } = new();

    /// <summary>The settings of JSON-RPC: batches, parameters and notifications.</summary>
    public JsonRpcProtocolOptions Protocol { get; } = new();

    /// <summary>The settings of discovery: the server's title and version, the list of its methods, and the playground page.</summary>
    public JsonRpcDiscoveryOptions Discovery { get; } = new();

    /// <summary>Authenticates a request from its head alone; for bearer tokens, use <see cref="BearerToken"/>.</summary>
    /// <remarks>
    /// <para>The function may look at the <c>Authorization</c> header, the peer's address or a client's certificate; the body has not been read yet. A principal with an
    /// authenticated identity becomes <see cref="HttpExchange.User"/>. If the function returns <c>null</c>, or a principal whose identity is not authenticated, the request is
    /// rejected with 401 and <see cref="AuthenticationChallenge"/>. To reject an authenticated user, throw <see cref="HttpRefusalException"/> with 403. Any other exception is
    /// answered with 500.</para>
    /// <para>Health checks and the playground page, which holds no names or schemas, need no authentication. The function is called on several threads at once.</para>
    /// </remarks>
    /// <value>By default (<c>null</c>) requests are not authenticated, and every request is served.</value>
    public Func<HttpExchange, CancellationToken, ValueTask<ClaimsPrincipal?>>? Authenticate { get; set; }

    /// <summary>Middleware around whole HTTP exchanges; the first in the list is the outermost.</summary>
    /// <remarks>
    /// <para>Each function gets the next handler, and returns the handler to call instead.</para>
    /// <para>Middleware runs after the health paths, the browser guard and the limit of exchanges. It runs before the playground page, <see cref="Authenticate"/>, the check of
    /// the method (405), the reading of the body and the function. So it sees requests that <see cref="Authenticate"/> rejects, but not those that the guard refuses. Middleware
    /// that sets an authenticated <see cref="HttpExchange.User"/> replaces <see cref="Authenticate"/> for that request. To set header fields of every reply, including early
    /// replies, call <see cref="HttpExchange.AddStandingHeader"/>.</para>
    /// <para>A handler must await the task of the next handler and pass on the exchange that it was given. It may be called on many threads at once. It may call the next handler
    /// again when the first call has ended; the reply then begins anew. Its time counts toward the call's (<see cref="JsonRpcServerLimits.HandlerTimeout"/>). For middleware
    /// around each call of a JSON-RPC method, including batch entries and notifications, see <see cref="JsonRpcMethods.Use(JsonRpcMiddleware)"/>.</para>
    /// </remarks>
    /// <value>Empty by default.</value>
    public IList<Func<HttpExchangeHandler, HttpExchangeHandler>> Middleware { get; } = [];

    /// <summary>The value of <c>WWW-Authenticate</c> when a request is rejected with 401 (RFC 9110 11.6.1).</summary>
    /// <value><c>Bearer</c> by default; never empty.</value>
    /// <exception cref="ArgumentException">The value is empty, or cannot be sent in a header field.</exception>
    public string AuthenticationChallenge { get; set => field = CheckChallenge(value); } = "Bearer";

    /// <summary>How long the server keeps serving after a shutdown has begun, so that a load balancer can notice.</summary>
    /// <remarks>
    /// During this time <c>/health/ready</c> answers 503 and connections are closed after their next reply; everything else works as before. Behind a load balancer, choose more
    /// time than it needs to notice (its check interval, times the number of failures that it waits for), and no call is lost.
    /// </remarks>
    /// <value>At least 0 and at most 24 days; 0 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan DrainDelay { get; set => field = SettingCheck.Time(value); } = TimeSpan.Zero;

    /// <summary>How long a shutdown waits for calls in flight.</summary>
    /// <remarks>Calls that have not ended by then are answered with 503.</remarks>
    /// <value>At least 0 and at most 24 days; 10 s by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan DrainTimeout { get; set => field = SettingCheck.Time(value); } = TimeSpan.FromSeconds(10);

    /// <summary>The host names by which the server may be called, besides loopback names and <see cref="HostName"/>.</summary>
    /// <remarks>
    /// The name in the <c>Host</c> header, without the port, is compared with them. A request with any other name is answered with 403, which stops DNS rebinding. Addresses are
    /// always allowed. International names may be written in Unicode. The list is copied when it is set. <see cref="HttpListenerTransport"/> binds by name, so such a name
    /// reaches the server only if <see cref="HostName"/> is <c>*</c>.
    /// </remarks>
    /// <value>Empty by default.</value>
    /// <exception cref="ArgumentException">An entry is not a host name alone, without scheme or port.</exception>
    public IReadOnlyList<string> AllowedHosts { get; set => field = CheckHosts(value); } = [];

    /// <summary>The origins of web pages that may call the server, such as <c>https://app.example</c>, besides its own.</summary>
    /// <remarks>
    /// A request of any other origin is answered with 403. International names may be written in Unicode. The list is copied when it is set. Resources that a page embeds without
    /// CORS, such as an image, are requested without an origin; such a request is answered with 403 unless the page is the server's own.
    /// </remarks>
    /// <value>Empty by default.</value>
    /// <exception cref="ArgumentException">An entry is not an origin: scheme, host, and port if it is not the scheme's default.</exception>
    public IReadOnlyList<string> AllowedOrigins { get; set => field = CheckOrigins(value); } = [];

    /// <summary>The proxies whose <see cref="ForwardedForHeader"/> is trusted to name their caller.</summary>
    /// <remarks>
    /// <para>If a request comes from one of these addresses, <see cref="HttpExchange.RemoteEndPoint"/> is the caller of the proxy, also for limits, logs and traces. The caller
    /// is the last address in <see cref="ForwardedForHeader"/>, from the right, that is not itself one of these proxies. If the header field has no address there, the proxy's
    /// own address remains. The header field of any other peer is ignored, since every client can write one.</para>
    /// <para>The proxy must add to the header field or replace it. List only addresses that no other program calls from: a client at such an address could claim any address. If
    /// any proxy is listed, peers on a Unix domain socket are trusted as proxies, too; the permissions of the socket's folder decide who can connect. A request that came through
    /// a proxy never counts as a request from this machine (the playground page, <see cref="DetailedErrors"/>).</para>
    /// <para>The list is copied when it is set. <see cref="HttpListenerTransport"/> sees only the last line of a header field that was sent in several lines. MapJsonRpc leaves
    /// all of this to the application (UseForwardedHeaders), and does not start if proxies are listed here.</para>
    /// </remarks>
    /// <value>Networks such as <c>10.1.0.0/16</c>; for a single address, all of its bits, as in <c>10.1.0.7/32</c>. Empty by default: no proxy is trusted.</value>
    /// <exception cref="ArgumentException">An entry is a network of all addresses.</exception>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; set => field = ProxyNetworks.Check(value); } = [];

    /// <summary>The header field in which <see cref="TrustedProxies"/> name their caller.</summary>
    /// <remarks>
    /// <c>Forwarded</c> is read as RFC 7239 defines it. Any other header field, such as <c>X-Real-IP</c>, is read as addresses separated by commas, each optionally with a port.
    /// Only this one header field is read: proxies pass on what a client writes into the others.
    /// </remarks>
    /// <value><c>X-Forwarded-For</c> by default.</value>
    /// <exception cref="ArgumentException">The value is not the name of a header field.</exception>
    public string ForwardedForHeader { get; set => field = CheckFieldName(value); } = "X-Forwarded-For";

    /// <summary>Receives every unexpected exception, and every error of a notification.</summary>
    /// <remarks>
    /// The failure has the id that was sent to the peer. Errors of notifications are reported here because their callers get no answer; this includes the error of an unknown
    /// method. Notifications over a rate limit (<see cref="JsonRpcErrorCodes.TooManyCalls"/>) are not reported. The function is called on any thread, and on several at once.
    /// </remarks>
    /// <value>By default (<c>null</c>) failures are written to stderr.</value>
    public Action<JsonRpcFailure>? OnUnhandledException { get; set; }

    /// <summary>Receives warnings for the operator when the server starts, such as that everyone can call it.</summary>
    /// <remarks>A warning has one or two sentences, without a line break.</remarks>
    /// <value>By default (<c>null</c>) warnings are written to stderr.</value>
    public Action<string>? OnWarning { get; set; }

    /// <summary>For development: whether callers get the type, message and stack of an unexpected exception.</summary>
    /// <remarks>
    /// The text is in <c>error.data.detail</c>. It is only for servers that listen on loopback; any other server throws an <see cref="InvalidOperationException"/> when it
    /// starts.
    /// </remarks>
    /// <value><c>false</c> by default: callers get only the id of the failure.</value>
    public bool DetailedErrors { get; set; }

    /// <summary>The writer of a readable log of all requests and replies.</summary>
    /// <remarks>
    /// Bodies are shown up to 4 KiB, and control characters are replaced. The values of <c>Authorization</c>, <c>Cookie</c> and similar header fields are hidden.
    /// </remarks>
    /// <value>By default (<c>null</c>) nothing is written.</value>
    public TextWriter? TrafficLog { get; set; }

    /// <summary>Whether the caller's <c>baggage</c> header (W3C) becomes the baggage of the call's activity.</summary>
    /// <remarks>
    /// The baggage, at most 8 KiB, is also sent with the calls that the method makes. Accept it only from trusted callers, since a caller can write anything into it.
    /// </remarks>
    /// <value><c>false</c> by default: the header is ignored.</value>
    public bool AcceptBaggage { get; set; }

    /// <summary>The clock for all time limits of the server.</summary>
    /// <value>The system's clock by default; never <c>null</c>.</value>
    public TimeProvider TimeProvider
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value, nameof(TimeProvider));
            field = value;
        }
    }
    = TimeProvider.System;

    /// <summary>Adds to <see cref="Middleware"/>.</summary>
    /// <param name="middleware">Gets the next handler, and returns the handler to call instead.</param>
    /// <returns>These options.</returns>
    /// <example>
    /// <code>
    /// options.Use(next => async (exchange, token) =>
    /// {
    ///     exchange.AddStandingHeader("X-Request-Id", Guid.NewGuid().ToString());
    ///     await next(exchange, token);
    /// });
    /// </code>
    /// </example>
    public JsonRpcServerOptions Use(Func<HttpExchangeHandler, HttpExchangeHandler> middleware)
    {
        ArgumentNullException.ThrowIfNull(middleware);
        Middleware.Add(middleware);
        return this;
    }

    /// <summary>For a server of one function: runs a call with an idempotency key once, however often it is sent.</summary>
    /// <remarks>
    /// The key is the value of the header <see cref="HeaderFields.IdempotencyKey"/>. While a call runs, a repetition is answered with 409. The same key with another body is
    /// answered with 422. Otherwise the rules of <see cref="JsonRpcMethods.UseIdempotency"/> apply, which is the same for methods.
    /// </remarks>
    /// <param name="store">The store of the keys, such as a <see cref="MemoryIdempotencyStore"/>.</param>
    /// <param name="options">
    /// The settings; <c>null</c>, the default, selects the defaults. <see cref="IdempotencyOptions.Required"/> is called once, with a method that has no name.
    /// </param>
    /// <returns>These options.</returns>
    /// <exception cref="InvalidOperationException">
    /// The options already have a store. A server of methods, or of a handler of your own, also throws this exception when it is made.
    /// </exception>
    public JsonRpcServerOptions UseIdempotency(IdempotencyStore store, IdempotencyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (KeyedCalls is not null)
            throw new InvalidOperationException("There is already a store for idempotency keys.");
        KeyedCalls = new KeyedCalls(store, options?.Copy() ?? new IdempotencyOptions());
        return this;
    }

    /// <summary>Checks the rules that involve several values, as a server does when it starts.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Values contradict each other; the exception names the property that is out of range.</exception>
    /// <exception cref="InvalidOperationException"><see cref="DetailedErrors"/> is set, but other machines can reach the server.</exception>
    public void Check()
    {
        Limits.Check();
        if (DetailedErrors && !(Transport ?? new HttpListenerTransport()).IsLoopback(HostName))
            throw new InvalidOperationException(
                $"{nameof(DetailedErrors)} shows callers the internals of the program, so it is only for a server on loopback; other machines can reach this one. Set it to false, or listen on loopback only.");
    }

    /// <summary>The idempotency keys of a server of one function; <c>null</c> if it does not use keys.</summary>
    internal KeyedCalls? KeyedCalls { get; private set; }

    /// <summary>Returns the copy that a server runs with: with a transport, and with its names in the form that is compared.</summary>
    /// <exception cref="ArgumentException">Values contradict each other.</exception>
    /// <exception cref="InvalidOperationException"><see cref="DetailedErrors"/> is set, but other machines can reach the server.</exception>
    internal JsonRpcServerOptions Freeze()
    {
        Check();
        var copy = new JsonRpcServerOptions(this) { Transport = Transport ?? new HttpListenerTransport() };
        // The default name has this form already.
        if (HostName != "localhost" && Uri.CheckHostName(HostName) == UriHostNameType.Dns)
            copy.HostName = SiteName.OfHost(HostName)!;
        copy.AllowedHosts = [.. AllowedHosts.Select(host => SiteName.OfHost(host)!)];
        copy.AllowedOrigins = [.. AllowedOrigins.Select(origin => SiteName.OfOrigin(origin)!)];
        return copy;
    }

    private static string CheckHostName(string name, [CallerMemberName] string property = "")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name, property);
        if (name is not ("*" or "+") && SiteName.OfHost(name.Trim('[', ']')) is null)
            throw new ArgumentException($"{property} must be a host name or an address alone, without scheme or port; it is '{name}'.", property);
        return name;
    }

    private static string CheckFieldName(string name, [CallerMemberName] string property = "")
    {
        ArgumentNullException.ThrowIfNull(name, property);
        if (!HeaderFields.CanSend(name, ""))
            throw new ArgumentException($"{property} must be the name of a header field, such as X-Forwarded-For; it is '{name}'.", property);
        return name;
    }

    private static string CheckChallenge(string challenge, [CallerMemberName] string property = "")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(challenge, property);
        HeaderFields.Check("WWW-Authenticate", challenge, property);
        return challenge;
    }

    private static ReadOnlyCollection<string> CheckHosts(IReadOnlyList<string> hosts, [CallerMemberName] string property = "")
    {
        ArgumentNullException.ThrowIfNull(hosts, property);
        var copy = hosts.ToArray();
        foreach (var host in copy)
        {
            if (SiteName.OfHost(host) is null)
                throw new ArgumentException($"{property} must hold host names alone, without scheme or port; '{host}' is not one.", property);
        }
        return Array.AsReadOnly(copy);
    }

    private static ReadOnlyCollection<string> CheckOrigins(IReadOnlyList<string> origins, [CallerMemberName] string property = "")
    {
        ArgumentNullException.ThrowIfNull(origins, property);
        var copy = origins.ToArray();
        foreach (var origin in copy)
        {
            if (SiteName.OfOrigin(origin) is null)
                throw new ArgumentException($"{property} must hold origins, such as https://app.example:8080; '{origin}' is not one.", property);
        }
        return Array.AsReadOnly(copy);
    }
}
