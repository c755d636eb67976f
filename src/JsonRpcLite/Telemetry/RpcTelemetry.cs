using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace JsonRpcLite;

/// <summary>The instruments of all servers and clients of a process, and the names of OpenTelemetry's semantic conventions.</summary>
/// <remarks>
/// The names are those of RPC, JSON-RPC, HTTP and the attribute registry, in the version that <see cref="Schema"/> states: names and version must change together.
/// </remarks>
internal static class RpcTelemetry
{
    /// <summary>The first version with stable conventions for RPC and with <c>rpc.status_code</c>.</summary>
    /// <remarks>Up to 1.44 the attribute is <c>rpc.response.status_code</c>.</remarks>
    private const string Schema = JsonRpcTelemetry.SchemaUrl;

    public const string StatusCode = "rpc.status_code";

    public const string System = "rpc.system.name";
    public const string Method = "rpc.method";
    public const string OriginalMethod = "rpc.method_original";
    public const string ErrorType = "error.type";
    public const string ServerAddress = "server.address";
    public const string ServerPort = "server.port";
    public const string PeerAddress = "network.peer.address";
    public const string PeerPort = "network.peer.port";
    public const string ProtocolVersion = "jsonrpc.protocol.version";
    public const string RequestId = "jsonrpc.request.id";
    public const string HttpStatusCode = "http.response.status_code";
    public const string HttpMethod = "http.request.method";
    public const string UrlScheme = "url.scheme";
    public const string UrlPath = "url.path";
    public const string BatchSize = "jsonrpclite.batch.size";

    public const string JsonRpcSystem = "jsonrpc";

    /// <summary>The name for all unknown methods, so that a peer that invents names creates only one time series.</summary>
    public const string OtherMethod = "_OTHER";

    /// <summary>The value for all other error codes; the conventions define it as a value of <c>error.type</c>.</summary>
    public const string OtherError = "_OTHER";

    /// <summary>The maximum number of cached codes: further codes are formatted each time, so that a peer cannot use up memory.</summary>
    private const int MostKeptCodes = 256;

    private static readonly string? Version = typeof(RpcTelemetry).Assembly.GetName().Version?.ToString(fieldCount: 3);

    private static readonly InstrumentAdvice<double> Durations = new() { HistogramBucketBoundaries = [.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10] };

    public static readonly ActivitySource Source = new(new ActivitySourceOptions(JsonRpcTelemetry.Name) { Version = Version, TelemetrySchemaUrl = Schema });

    public static readonly Meter Meter = new(new MeterOptions(JsonRpcTelemetry.Name) { Version = Version, TelemetrySchemaUrl = Schema });

    public static readonly Histogram<double> ServerDuration =
        Meter.CreateHistogram("rpc.server.call.duration", "s", "The duration of calls, from the head of the request to the end of the reply.", tags: null, Durations);

    public static readonly Histogram<double> ClientDuration =
        Meter.CreateHistogram("rpc.client.call.duration", "s", "The duration of calls, from their beginning until their result is read.", tags: null, Durations);

    public static readonly Histogram<double> HttpServerDuration =
        Meter.CreateHistogram("http.server.request.duration", "s", "The duration of HTTP requests that are not JSON-RPC.", tags: null, Durations);

    public static readonly Counter<long> Refusals =
        Meter.CreateCounter<long>("jsonrpclite.server.refusals", "{request}", "Requests that were rejected before any method was called.");

    public static readonly Counter<long> Retries =
        Meter.CreateCounter<long>("jsonrpclite.client.retries", "{attempt}", "Attempts of a client beyond the first of a call.");

    public static readonly Counter<long> RefusedRetries =
        Meter.CreateCounter<long>("jsonrpclite.client.refused_retries", "{attempt}", "Further attempts that a client did not make because its retry budget was exhausted.");

    /// <summary>Whether there is a listener for calls of a server.</summary>
    public static bool IsServerOn => Source.HasListeners() || ServerDuration.Enabled;

    /// <summary>Whether there is a listener for requests of a server that does not speak JSON-RPC.</summary>
    public static bool IsHttpServerOn => Source.HasListeners() || HttpServerDuration.Enabled;

    /// <summary>Whether there is a listener for calls of a client.</summary>
    public static bool IsClientOn => Source.HasListeners() || ClientDuration.Enabled;

    /// <summary>Returns the text of an error code, which is cached for frequent codes.</summary>
    public static string TextOf(int code)
    {
        if (Kept.Codes.TryGetValue(code, out var text))
            return text;
        text = code.ToString(CultureInfo.InvariantCulture);
        if (Kept.Codes.Count < MostKeptCodes)
            Kept.Codes.TryAdd(code, text);
        return text;
    }

    /// <summary>Returns a status as the value of an attribute, without allocating.</summary>
    public static object ValueOf(int statusCode) => statusCode >= 0 && statusCode < Kept.Statuses.Length ? Kept.Statuses[statusCode] : statusCode;

    /// <summary>Counts a rejected request.</summary>
    /// <param name="statusCode">The status of the reply.</param>
    /// <param name="code">The code of a JSON-RPC error, if the status does not determine it.</param>
    public static void CountRefusal(int statusCode, int? code = null)
    {
        if (!Refusals.Enabled)
            return;
        if (code is { } known)
            Refusals.Add(1, new KeyValuePair<string, object?>(HttpStatusCode, ValueOf(statusCode)), new KeyValuePair<string, object?>(StatusCode, TextOf(known)));
        else
            Refusals.Add(1, new KeyValuePair<string, object?>(HttpStatusCode, ValueOf(statusCode)));
    }

    /// <summary>Texts and values that are created when the first call is measured, not at the start of the program.</summary>
    private static class Kept
    {
        public static readonly ConcurrentDictionary<int, string> Codes = new();

        public static readonly object[] Statuses = [.. Enumerable.Range(0, 600).Select(status => (object)status)];
    }
}
