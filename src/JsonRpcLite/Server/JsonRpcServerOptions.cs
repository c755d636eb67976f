using System.Collections.ObjectModel;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Text.Json;

namespace JsonRpcLite;

/// <summary>The settings of a server.</summary>
/// <remarks>
/// Each value is checked where it is set; one out of range is an <see cref="ArgumentOutOfRangeException"/> that names the property, the range and the value. Rules across values
/// are checked when a server starts. A server copies its options then; later changes have no effect on it.
/// </remarks>
public sealed class JsonRpcServerOptions
{
    /// <summary>Creates options with the default values.</summary>
    public JsonRpcServerOptions()
    {
    }

    /// <summary>Copies all options but <see cref="Transport"/>, which is left at its default.</summary>
    /// <remarks>
    /// One transport serves one server: two servers made from copies of the same options must not share one by accident. The copy is deep: later changes to the groups, the lists
    /// and the serializer options of one do not reach the other. Functions, the traffic log and the clock are the same objects.
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

    /// <summary>The name or address to bind. <c>*</c> binds every interface.</summary>
    /// <remarks>
    /// With <c>*</c> say in <see cref="AllowedHosts"/> by which names the server is called, and who may call in <see cref="Authenticate"/>. A server that has neither starts, and
    /// says in one line on stderr who can call it.
    /// </remarks>
    /// <value>A host name or an address, without scheme or port, or <c>*</c>; <c>localhost</c> by default, which only this machine can reach.</value>
    /// <exception cref="ArgumentException">The value is not one of these.</exception>
    public string HostName { get; set => field = CheckHostName(value); } = "localhost";

    /// <summary>What listens: by default a new <see cref="HttpListenerTransport"/>. One transport serves one server.</summary>
    public ServerTransport? Transport { get; set; }

    /// <summary>
    /// How values become JSON and JSON becomes values. <c>null</c>, the default, means camelCase names, case-sensitive, strict numbers, enums
    /// as text (camelCase; read in any case, or by the number of a member; what is not defined is refused), nullable annotations and required constructor parameters respected. The
    /// safety rules of reading (UTF-8 only, no duplicate members, no lone surrogates, a depth of 64, no comments, no trailing commas) hold for any options. To change one thing,
    /// begin with <see cref="JsonRpcDefaults.CreateSerializerOptions"/>: options of your own replace all defaults.
    /// </summary>
    public JsonSerializerOptions? SerializerOptions { get; set; }

    /// <summary>How much callers can use: sizes, counts, times and rates.</summary>
    public JsonRpcServerLimits Limits { get; } = new();

    /// <summary>The settings of JSON-RPC itself: batches, parameters and notifications.</summary>
    public JsonRpcProtocolOptions Protocol { get; } = new();

    /// <summary>What the server tells about itself: its title and version, what there is to call, and the playground page.</summary>
    public JsonRpcDiscoveryOptions Discovery { get; } = new();

    /// <summary>Authenticates a request: says who sends it, from its head alone. For bearer tokens there is <see cref="BearerToken"/>.</summary>
    /// <remarks>
    /// <para>The function may look at the <c>Authorization</c> header, the peer's address or a client's certificate; the body has not been read yet. A principal whose identity is
    /// authenticated becomes <see cref="HttpExchange.User"/>. <c>null</c>, or a principal whose identity is not authenticated, rejects the request with 401 and
    /// <see cref="AuthenticationChallenge"/>. To reject a user who is known, throw <see cref="HttpRefusalException"/> with 403; any other exception is answered 500.</para>
    /// <para>Health checks and the playground page are served without it; the page holds no names or schemas. The function is called on several threads at once.</para>
    /// </remarks>
    /// <value>By default (<c>null</c>) nobody is asked, and every request is served.</value>
    public Func<HttpExchange, CancellationToken, ValueTask<ClaimsPrincipal?>>? Authenticate { get; set; }

    /// <summary>
    /// Middleware around whole HTTP exchanges: each gets the handler that stands behind it, and returns the one that is called in its place. The first in the list is the
    /// outermost.
    /// </summary>
    /// <remarks>
    /// <para>It stands behind the health paths, the browser guard and the limit of exchanges, and in front of the playground page, <see cref="Authenticate"/>, the check of the
    /// method (405), the reading of the body and the function: it sees a request that <see cref="Authenticate"/> rejects, and none that the guard refuses. Middleware that sets an
    /// authenticated <see cref="HttpExchange.User"/> itself takes the place of <see cref="Authenticate"/> for that request. Header fields for every reply, early ones too, are set
    /// by <see cref="HttpExchange.AddStandingHeader"/>.</para>
    /// <para>A handler must await what the next one returns, hand on the exchange that it was given, and may be called on many threads at once. It may call the next one again when
    /// that has ended: the reply begins anew. Its time counts as the call's (<see cref="JsonRpcServerLimits.HandlerTimeout"/>). For middleware around each call of a JSON-RPC
    /// method, batch entries and notifications too, see <see cref="JsonRpcMethods.Use(JsonRpcMiddleware)"/>.</para>
    /// </remarks>
    /// <value>Empty by default.</value>
    public IList<Func<HttpExchangeHandler, HttpExchangeHandler>> Middleware { get; } = [];

    /// <summary>What a request that is rejected with 401 is asked for, in <c>WWW-Authenticate</c> (RFC 9110 11.6.1).</summary>
    /// <value><c>Bearer</c> by default; never empty.</value>
    /// <exception cref="ArgumentException">The value is empty, or cannot be sent in a header field.</exception>
    public string AuthenticationChallenge { get; set => field = CheckChallenge(value); } = "Bearer";

    /// <summary>How long a server that was told to stop goes on serving, so that a balancer can notice.</summary>
    /// <remarks>
    /// During this time <c>/health/ready</c> answers 503 and connections are closed after their next reply; all else is as before. Behind a balancer, choose more than the balancer
    /// takes to notice (its interval of checks, times the failures that it wants to see), and no call is lost.
    /// </remarks>
    /// <value>At least 0 and at most 24 days; 0 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan DrainDelay { get; set => field = SettingCheck.Time(value); } = TimeSpan.Zero;

    /// <summary>How long stopping waits for calls in flight. Calls that have not ended by then are answered 503.</summary>
    /// <value>At least 0 and at most 24 days; 10 s by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan DrainTimeout { get; set => field = SettingCheck.Time(value); } = TimeSpan.FromSeconds(10);

    /// <summary>The names by which the server may be called, besides loopback names and <see cref="HostName"/>.</summary>
    /// <remarks>
    /// The name in the <c>Host</c> header, without the port, is compared with them. Any other name is answered 403, which is what stops DNS rebinding; addresses always pass.
    /// International names may be written as people read them. The list is copied when it is set. <see cref="HttpListenerTransport"/> binds by name: there such a name reaches the
    /// server only where <see cref="HostName"/> is <c>*</c>.
    /// </remarks>
    /// <value>Empty by default.</value>
    /// <exception cref="ArgumentException">One of them is not a host name alone, without scheme or port.</exception>
    public IReadOnlyList<string> AllowedHosts { get; set => field = CheckHosts(value); } = [];

    /// <summary>The origins of the web pages that may call, such as <c>https://app.example</c>, besides the server's own.</summary>
    /// <remarks>
    /// Any other origin is answered 403. International names may be written as people read them. The list is copied when it is set. What a page embeds without asking by CORS, such
    /// as an image, names no origin, and is answered 403 unless the page is the server's own.
    /// </remarks>
    /// <value>Empty by default.</value>
    /// <exception cref="ArgumentException">One of them is not an origin: scheme, host, and port where it is not the scheme's own.</exception>
    public IReadOnlyList<string> AllowedOrigins { get; set => field = CheckOrigins(value); } = [];

    /// <summary>The proxies that may say who called them.</summary>
    /// <remarks>
    /// <para>When a request comes from one of these addresses, <see cref="HttpExchange.RemoteEndPoint"/> is the caller of the proxy, for limits, logs and traces, too: the last
    /// address in <see cref="ForwardedForHeader"/>, from the right, that is not itself one of them. If the field does not say an address there, the proxy's own address remains.
    /// The field of any other peer is ignored, since every client can write one.</para>
    /// <para>The proxy must add to the field or replace it. Name only addresses that no other program calls from: a client there could pass for any caller. With any proxy named,
    /// peers on a Unix domain socket are proxies, too: the permissions of its folder say who may connect. A request that came by a proxy never counts as one of this machine (the
    /// playground page, <see cref="DetailedErrors"/>).</para>
    /// <para>The list is copied when it is set. <see cref="HttpListenerTransport"/> sees only the last line of a field that was sent in several. MapJsonRpc leaves all of this to
    /// the application (UseForwardedHeaders), and does not start with proxies named here.</para>
    /// </remarks>
    /// <value>Networks such as <c>10.1.0.0/16</c>; a single address has all of its bits, <c>10.1.0.7/32</c>. Empty by default: no proxy is trusted.</value>
    /// <exception cref="ArgumentException">One of them is a network of all addresses.</exception>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; set => field = ProxyNetworks.Check(value); } = [];

    /// <summary>The header field in which <see cref="TrustedProxies"/> write who called them.</summary>
    /// <remarks>
    /// <c>Forwarded</c> is read as RFC 7239 says; any other field, such as <c>X-Real-IP</c>, as addresses separated by commas, each perhaps with a port. Only this one field
    /// counts: proxies hand on what a client writes into the others.
    /// </remarks>
    /// <value><c>X-Forwarded-For</c> by default.</value>
    /// <exception cref="ArgumentException">It is not the name of a header field.</exception>
    public string ForwardedForHeader { get; set => field = CheckFieldName(value); } = "X-Forwarded-For";

    /// <summary>
    /// Gets every exception that nobody expected, with the id that the peer was told, and every error of a notification, of which nobody else learns, an unknown method's too.
    /// Notifications over a rate limit (<see cref="JsonRpcErrorCodes.TooManyCalls"/>) are not reported. By default it goes to stderr. Called on any thread, also on several at
    /// once.
    /// </summary>
    public Action<JsonRpcFailure>? OnUnhandledException { get; set; }

    /// <summary>Gets what the operator of the server should know when it starts, such as that everyone can call it; one sentence or two, without a line break.</summary>
    /// <value>By default (<c>null</c>) it goes to stderr.</value>
    public Action<string>? OnWarning { get; set; }

    /// <summary>
    /// For development: whether a caller is told the whole of an unexpected exception, type, message and stack, in <c>error.data.detail</c>. <c>false</c> by default: a caller gets
    /// the id alone. Only for a server that listens on loopback; with any other it is an <see cref="InvalidOperationException"/> at the start.
    /// </summary>
    public bool DetailedErrors { get; set; }

    /// <summary>
    /// Where to write what is received and sent, for people to read; <c>null</c>, the default, writes nothing. Bodies are shown up to 4 KiB,
    /// control characters replaced, and the values of <c>Authorization</c>, <c>Cookie</c> and the like hidden.
    /// </summary>
    public TextWriter? TrafficLog { get; set; }

    /// <summary>
    /// Whether the baggage that a caller sends (<c>baggage</c>, W3C) becomes that of the call's activity, and travels on with the calls that the method makes. At most 8 KiB. Only
    /// for callers that are trusted: anybody can write anything into it.
    /// </summary>
    /// <value><c>false</c> by default: it is ignored.</value>
    public bool AcceptBaggage { get; set; }

    /// <summary>The clock for all time limits of the server.</summary>
    /// <value>The system's by default; never <c>null</c>.</value>
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
    /// <param name="middleware">Gets the handler that stands behind it, and returns the one to call in its place.</param>
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
    /// The key is that of the header <see cref="HeaderFields.IdempotencyKey"/>. While a call runs, a repetition is answered 409. The same key with another body is answered
    /// 422. All else is as <see cref="JsonRpcMethods.UseIdempotency"/> says, which is for methods.
    /// </remarks>
    /// <param name="store">Keeps the keys, such as a <see cref="MemoryIdempotencyStore"/>.</param>
    /// <param name="options">
    /// The settings; <c>null</c>, the default, takes all defaults. <see cref="IdempotencyOptions.Required"/> is asked once, for a method without a name.
    /// </param>
    /// <returns>These options.</returns>
    /// <exception cref="InvalidOperationException">There is a store already. A server of methods or of a handler of your own throws it when it is made.</exception>
    public JsonRpcServerOptions UseIdempotency(IdempotencyStore store, IdempotencyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (KeyedCalls is not null)
            throw new InvalidOperationException("There is a store for idempotency keys already.");
        KeyedCalls = new KeyedCalls(store, options?.Copy() ?? new IdempotencyOptions());
        return this;
    }

    /// <summary>Checks the rules across values, as a server does when it starts.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Values do not go together; the exception names the property that is out of range.</exception>
    /// <exception cref="InvalidOperationException"><see cref="DetailedErrors"/> is set, and other machines could read the details.</exception>
    public void Check()
    {
        Limits.Check();
        if (DetailedErrors && !(Transport ?? new HttpListenerTransport()).IsLoopback(HostName))
            throw new InvalidOperationException(
                $"{nameof(DetailedErrors)} tells callers what is inside of the program, and is only for a server on loopback; this one can be reached from elsewhere.");
    }

    /// <summary>The rules of keys of a server of one function; <c>null</c> where it has none.</summary>
    internal KeyedCalls? KeyedCalls { get; private set; }

    /// <summary>The copy that a server runs with: with a transport, its names in the spelling in which they are compared.</summary>
    /// <exception cref="ArgumentException">Values do not go together.</exception>
    /// <exception cref="InvalidOperationException">Details of errors would be told to other machines.</exception>
    internal JsonRpcServerOptions Freeze()
    {
        Check();
        var copy = new JsonRpcServerOptions(this) { Transport = Transport ?? new HttpListenerTransport() };
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
