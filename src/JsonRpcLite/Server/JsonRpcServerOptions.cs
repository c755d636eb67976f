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

    /// <summary>The largest body of a request in bytes: 16 MiB by default (Kestrel: 28.6 MiB), 0 to 2 GiB. More is answered 413.</summary>
    public int MaxRequestBodySize { get; set; } = 16 * 1024 * 1024;

    /// <summary>The largest body of a reply in bytes: 16 MiB by default, 1 KiB to 2 GiB. More is an error with code -32011.</summary>
    public int MaxResponseBodySize { get; set; } = 16 * 1024 * 1024;

    /// <summary>The longest request target in bytes: 8 KiB by default (RFC 9112 3 asks for at least 8000), 1 and up. More is answered 414.</summary>
    public int MaxRequestTargetSize { get; set; } = 8 * 1024;

    /// <summary>The largest request head, all fields together, in bytes: 32 KiB by default (as Kestrel), 1 and up. More is answered 431.</summary>
    public int MaxRequestHeadSize { get; set; } = 32 * 1024;

    /// <summary>The most fields in a request: 100 by default (as Kestrel), 1 and up. More is answered 431.</summary>
    public int MaxRequestFieldCount { get; set; } = 100;

    /// <summary>
    /// How many calls may be in flight at a time: 256 by default, 1 and up. More are answered 503 with <c>Retry-After</c>. A call that took too long
    /// and was answered keeps its place until its function really ends.
    /// </summary>
    public int MaxConcurrentCalls { get; set; } = 256;

    /// <summary>How many exchanges may be under way at a time, from their head on: 1024 by default, 1 and up. More are answered 503 with <c>Retry-After</c>.</summary>
    public int MaxConcurrentExchanges { get; set; } = 1024;

    /// <summary>Bytes of bodies under way.</summary>
    public long MaxRequestBodyMemory { get; set; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8;

    /// <summary>
    /// How long a call may take from the moment its body has come: 100 s by default (as HttpClient waits), above 0 and up to 24 days, or
    /// <see cref="Timeout.InfiniteTimeSpan"/>. Then its token is cancelled and the caller gets code -32001, by a plain call with status 504. A client that says that it will not wait so
    /// long (<see cref="HttpFields.TimeoutMs"/>) has its call ended when its own time is over, within some hundredths of a second.
    /// </summary>
    public TimeSpan HandlerTimeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>
    /// How long a body may be slower than <see cref="MinRequestBodyRate"/> at its start: 5 s by default (as Kestrel), above 0 and up to 24 days.
    /// Slower is answered 408. A reply has the same time to be taken.
    /// </summary>
    public TimeSpan RequestBodyGracePeriod { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The slowest that a body may come, in bytes a second: 240 by default (as Kestrel), 1 and up. Slower is answered 408.</summary>
    public int MinRequestBodyRate { get; set; } = 240;

    /// <summary>JSON-RPC: how many calls one batch may hold: 1000 by default, 1 and up. A longer one is answered with one error, code -32010.</summary>
    public int MaxBatchCalls { get; set; } = 1000;

    /// <summary>
    /// JSON-RPC: how many calls of one batch run at a time: as many as there are processor cores by default, 1 and up; 1 runs them one after the other, in order. A batch
    /// runs fewer at a time when <see cref="MaxConcurrentCalls"/> leaves no room for more, and always at least one.
    /// </summary>
    public int MaxBatchParallelism { get; set; } = Environment.ProcessorCount;

    /// <summary>JSON-RPC: whether <c>"params":null</c> is refused with -32600, as the letter of the specification has it (4.2); <c>false</c>, the default, takes it as none.</summary>
    public bool StrictParams { get; set; }

    /// <summary>JSON-RPC: the status of the reply to a notification, or to a batch of nothing else: 204 by default; 200 and 202 are possible.</summary>
    public int NotificationStatusCode { get; set; } = 204;

    /// <summary>The server's name for people, in <c>rpc.discover</c> and on the playground page: by default (<c>null</c>) the name of the program's assembly.</summary>
    public string? Title { get; set; }

    /// <summary>The version of what the server offers, in the same places: by default (<c>null</c>) that of the program's assembly.</summary>
    public string? Version { get; set; }

    /// <summary>
    /// Whether callers may ask what there is to call: <c>true</c> by default. A JSON-RPC server answers <c>rpc.discover</c> with an OpenRPC 1.4 document; a plain function's server
    /// answers a POST with <c>Accept: application/schema+json</c> with the schema of what it takes and returns. Both stand behind the same rules as a call.
    /// </summary>
    public bool Discovery { get; set; } = true;

    /// <summary>
    /// Whether a browser that opens the server's address gets a page to try calls on (GET with <c>Accept: text/html</c>). By default (<c>null</c>) only where the server listens on
    /// loopback alone. The page itself tells nothing; it asks as any caller does, with the fields that its user types in. Not for a handler of your own, whose every path is its own.
    /// </summary>
    public bool? Playground { get; set; }

    /// <summary>
    /// Says who sends a request, from its head alone: the <c>Authorization</c> field, the peer's address, a client's certificate. <c>null</c> as the answer refuses with 401 and
    /// <see cref="AuthenticationChallenge"/>; an <see cref="HttpRefusalException"/> with 403 refuses somebody who is known; any other exception is a failure, 500. Nothing of the body is read
    /// before. Health checks and the playground's page, which tells nothing by itself, are not asked. <c>null</c>, the default, lets everybody in. For tokens there is
    /// <see cref="BearerToken"/>. Called on several threads at once.
    /// </summary>
    public Func<HttpExchange, CancellationToken, ValueTask<ClaimsPrincipal?>>? Authorize { get; set; }

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
        check.AtLeast(0, MaxRequestBodySize);
        check.AtLeast(1024, MaxResponseBodySize);
        check.AtLeast(1, MaxRequestTargetSize);
        check.AtLeast(1, MaxRequestHeadSize);
        check.AtLeast(1, MaxRequestFieldCount);
        check.AtLeast(1, MaxConcurrentCalls);
        check.TimeAboveZeroOrInfinite(HandlerTimeout);
        check.TimeAboveZero(RequestBodyGracePeriod);
        check.AtLeast(1, MinRequestBodyRate);
        check.AtLeast(1, MaxBatchCalls);
        check.AtLeast(1, MaxBatchParallelism);
        check.That(NotificationStatusCode is 200 or 202 or 204, NotificationStatusCode, "200, 202 or 204");
        check.Time(DrainDelay);
        check.Time(DrainTimeout);

        var copy = (JsonRpcServerOptions)MemberwiseClone();
        copy.Transport ??= new HttpListenerTransport();
        if (DetailedErrors && !copy.Transport.IsLoopback(copy.HostName))
            throw new InvalidOperationException($"{nameof(DetailedErrors)} tells callers what is inside of the program, and is only for a server on loopback; this one can be reached from elsewhere.");
        if (Uri.CheckHostName(HostName) == UriHostNameType.Dns)
            copy.HostName = SiteName.OfHost(HostName)!;
        copy.AllowedHosts = allowedHosts;
        copy.AllowedOrigins = allowedOrigins;
        return copy;
    }
}
