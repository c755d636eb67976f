using System.Security.Claims;
using System.Text.Json;

namespace JsonRpcLite;

/// <summary>
/// The settings of a server. They are copied and checked when it starts; a value out of range is an
/// <see cref="ArgumentOutOfRangeException"/> that names the property.
/// </summary>
public sealed class JsonRpcServerOptions
{
    /// <summary>
    /// The name or address to bind: <c>localhost</c> by default, which is reachable from this machine only. <c>*</c> binds every interface;
    /// then say in <see cref="AllowedHosts"/> by which names the server is called.
    /// </summary>
    public string HostName { get; set; } = "localhost";

    /// <summary>What listens: by default a new <see cref="HttpListenerTransport"/>. One transport serves one server.</summary>
    public ServerTransport? Transport { get; set; }

    /// <summary>
    /// How values become JSON and JSON becomes values. <c>null</c>, the default, means camelCase names, case-sensitive, strict numbers, enums
    /// as numbers, nullable annotations and required constructor parameters respected. The safety rules of reading (UTF-8 only, no duplicate
    /// members, no lone surrogates, a depth of 64, no comments, no trailing commas) hold for any options.
    /// </summary>
    public JsonSerializerOptions? SerializerOptions { get; set; }

    /// <summary>How much callers can use: sizes, counts, times and rates.</summary>
    public JsonRpcServerLimits Limits { get; private set; } = new();

    /// <summary>The settings of JSON-RPC itself: batches, parameters and notifications.</summary>
    public JsonRpcProtocolOptions Protocol { get; private set; } = new();

    /// <summary>What the server tells about itself: its title and version, what there is to call, and the playground page.</summary>
    public JsonRpcDiscoveryOptions Discovery { get; private set; } = new();

    /// <summary>Authenticates a request: says who sends it, from its head alone. For bearer tokens there is <see cref="BearerToken"/>.</summary>
    /// <remarks>
    /// <para>The function may look at the <c>Authorization</c> header, the peer's address or a client's certificate; the body has not been read yet. A principal whose identity is authenticated
    /// becomes <see cref="HttpExchange.User"/>. <c>null</c>, or a principal whose identity is not authenticated, rejects the request with 401 and <see cref="AuthenticationChallenge"/>.
    /// To reject a user who is known, throw <see cref="HttpRefusalException"/> with 403; any other exception is answered 500.</para>
    /// <para>Health checks and the playground page are served without it; the page holds no names or schemas. The function is called on several threads at once.</para>
    /// </remarks>
    /// <value>By default (<c>null</c>) nobody is asked, and every request is served.</value>
    public Func<HttpExchange, CancellationToken, ValueTask<ClaimsPrincipal?>>? Authenticate { get; set; }

    /// <summary>What a request that is refused with 401 is asked for, in <c>WWW-Authenticate</c> (RFC 9110 11.6.1): <c>Bearer</c> by default; never empty.</summary>
    public string AuthenticationChallenge { get; set; } = "Bearer";

    /// <summary>
    /// How long a server that is told to stop goes on as before, but for <c>/health/ready</c>, which says 503, and for connections, which end with their next reply: 0 by default, up to 24
    /// days. Behind a balancer set it above the time that the balancer takes to notice (its interval of checks, times the failures that it wants to see), and no call is lost.
    /// </summary>
    public TimeSpan DrainDelay { get; set; } = TimeSpan.Zero;

    /// <summary>How long stopping waits for calls in flight: 10 s by default, 0 to 24 days. Those that are still not done get 503.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The names, besides loopback names and <see cref="HostName"/>, by which the server may be called: the <c>Host</c> field's name without
    /// the port. None by default. Any other name is answered 403, which is what stops DNS rebinding; addresses always pass. International names may stand here as people read them.
    /// <see cref="HttpListenerTransport"/> binds by name: there such a name reaches the server only where <see cref="HostName"/> is <c>*</c>.
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; set; } = [];

    /// <summary>
    /// The origins of web pages that may call, such as <c>https://app.example</c>. None by default; the server's own always may. Any other
    /// is answered 403. International names may stand here as people read them. What a page embeds without asking by CORS, such as an image, names no origin, and is answered 403 unless the page
    /// is the server's own.
    /// </summary>
    public IReadOnlyList<string> AllowedOrigins { get; set; } = [];

    /// <summary>
    /// Gets every exception that nobody expected, with the id that the peer was told, and every error of a notification, of which nobody else learns, an unknown method's too. By default it goes to stderr. Called on any thread,
    /// also on several at once.
    /// </summary>
    public Action<JsonRpcFailure>? OnUnhandledException { get; set; }

    /// <summary>
    /// For development: whether a caller is told the whole of an unexpected exception, type, message and stack, in <c>error.data.detail</c>. <c>false</c> by default: a caller gets the id alone.
    /// Only for a server that listens on loopback; with any other it is an <see cref="InvalidOperationException"/> at the start.
    /// </summary>
    public bool DetailedErrors { get; set; }

    /// <summary>
    /// Where to write what is received and sent, for people to read; <c>null</c>, the default, writes nothing. Bodies are shown up to 4 KiB,
    /// control characters replaced, and the values of <c>Authorization</c>, <c>Cookie</c> and the like hidden.
    /// </summary>
    public TextWriter? TrafficLog { get; set; }

    /// <summary>The clock for all time limits of the server; the system's by default.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>A checked copy that nobody else holds.</summary>
    internal JsonRpcServerOptions Freeze()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(HostName);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentException.ThrowIfNullOrWhiteSpace(AuthenticationChallenge);
        HttpFields.Check("WWW-Authenticate", AuthenticationChallenge);
        ArgumentNullException.ThrowIfNull(AllowedHosts);
        ArgumentNullException.ThrowIfNull(AllowedOrigins);
        var allowedHosts = AllowedHosts.Select(host => SiteName.OfHost(host)
            ?? throw new ArgumentException($"'{host}' is not the name of a host alone, without scheme or port.", nameof(AllowedHosts))).ToArray();
        var allowedOrigins = AllowedOrigins.Select(origin => SiteName.OfOrigin(origin)
            ?? throw new ArgumentException($"'{origin}' is not an origin, such as https://app.example:8080.", nameof(AllowedOrigins))).ToArray();
        if (HostName is not ("*" or "+") && SiteName.OfHost(HostName.Trim('[', ']')) is null)
            throw new ArgumentException($"'{HostName}' is not a host name or address alone, without scheme or port.", nameof(HostName));
        var check = new SettingCheck(nameof(JsonRpcServerOptions));
        check.Time(DrainDelay);
        check.Time(DrainTimeout);
        Limits.Check();
        Protocol.Check();

        var copy = (JsonRpcServerOptions)MemberwiseClone();
        copy.Transport ??= new HttpListenerTransport();
        if (DetailedErrors && !copy.Transport.IsLoopback(copy))
            throw new InvalidOperationException($"{nameof(DetailedErrors)} tells callers what is inside of the program, and is only for a server on loopback; this one can be reached from elsewhere.");
        if (Uri.CheckHostName(HostName) == UriHostNameType.Dns)
            copy.HostName = SiteName.OfHost(HostName)!;
        copy.Limits = new JsonRpcServerLimits(Limits);
        copy.Protocol = new JsonRpcProtocolOptions(Protocol);
        copy.Discovery = new JsonRpcDiscoveryOptions(Discovery);
        copy.AllowedHosts = allowedHosts;
        copy.AllowedOrigins = allowedOrigins;
        return copy;
    }
}
