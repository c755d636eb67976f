using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace JsonRpcLite;

/// <summary>
/// The instruments of all servers and clients of a process, and the words of OpenTelemetry's semantic conventions (RPC, JSON-RPC, HTTP, and the attribute registry), all
/// of the version
/// that <see cref="Schema"/> names: the words and the version change together.
/// </summary>
internal static class RpcTelemetry
{
    /// <summary>The first version in which the conventions for RPC are stable, and say <c>rpc.status_code</c>; up to 1.44 it is <c>rpc.response.status_code</c>.</summary>
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

    /// <summary>What stands for every name that is not known, so that a peer that invents names makes one series of them all.</summary>
    public const string OtherMethod = "_OTHER";

    /// <summary>The same for error codes. The conventions define it as a value of <c>error.type</c>.</summary>
    public const string OtherError = "_OTHER";

    /// <summary>Codes beyond these are formatted each time: a peer that invents codes costs no memory.</summary>
    private const int MostKeptCodes = 256;

    private static readonly string? Version = typeof(RpcTelemetry).Assembly.GetName().Version?.ToString(fieldCount: 3);

    private static readonly InstrumentAdvice<double> Durations = new() { HistogramBucketBoundaries = [.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10] };

    public static readonly ActivitySource Source = new(new ActivitySourceOptions(JsonRpcTelemetry.Name) { Version = Version, TelemetrySchemaUrl = Schema });

    public static readonly Meter Meter = new(new MeterOptions(JsonRpcTelemetry.Name) { Version = Version, TelemetrySchemaUrl = Schema });

    public static readonly Histogram<double> ServerDuration =
        Meter.CreateHistogram("rpc.server.call.duration", "s", "How long calls take, from the head of the request to the end of the reply.", tags: null, Durations);

    public static readonly Histogram<double> ClientDuration =
        Meter.CreateHistogram("rpc.client.call.duration", "s", "How long calls take, from their beginning until their result is read.", tags: null, Durations);

    public static readonly Histogram<double> HttpServerDuration =
        Meter.CreateHistogram("http.server.request.duration", "s", "How long HTTP requests take that are not JSON-RPC.", tags: null, Durations);

    public static readonly Counter<long> Refusals =
        Meter.CreateCounter<long>("jsonrpclite.server.refusals", "{request}", "Requests that were refused before any method was called.");

    public static readonly Counter<long> Retries =
        Meter.CreateCounter<long>("jsonrpclite.client.retries", "{attempt}", "Attempts of a client beyond the first of a call.");

    public static readonly Counter<long> RefusedRetries =
        Meter.CreateCounter<long>("jsonrpclite.client.refused_retries", "{attempt}", "Further attempts that a client did not make, since its retry budget was used up.");

    /// <summary>Whether anybody listens to calls of a server.</summary>
    public static bool IsServerOn => Source.HasListeners() || ServerDuration.Enabled;

    /// <summary>Whether anybody listens to requests of a server that does not speak JSON-RPC.</summary>
    public static bool IsHttpServerOn => Source.HasListeners() || HttpServerDuration.Enabled;

    /// <summary>Whether anybody listens to calls of a client.</summary>
    public static bool IsClientOn => Source.HasListeners() || ClientDuration.Enabled;

    /// <summary>The text of an error code, kept for those that come again and again.</summary>
    public static string TextOf(int code)
    {
        if (Kept.Codes.TryGetValue(code, out var text))
            return text;
        text = code.ToString(CultureInfo.InvariantCulture);
        if (Kept.Codes.Count < MostKeptCodes)
            Kept.Codes.TryAdd(code, text);
        return text;
    }

    /// <summary>A status as the value of an attribute, without an allocation.</summary>
    public static object ValueOf(int statusCode) => statusCode >= 0 && statusCode < Kept.Statuses.Length ? Kept.Statuses[statusCode] : statusCode;

    /// <summary>Counts a request that was refused.</summary>
    /// <param name="statusCode">The status of the reply.</param>
    /// <param name="code">The code of a JSON-RPC error, where the status does not say it.</param>
    public static void CountRefusal(int statusCode, int? code = null)
    {
        if (!Refusals.Enabled)
            return;
        if (code is { } known)
            Refusals.Add(1, new KeyValuePair<string, object?>(HttpStatusCode, ValueOf(statusCode)), new KeyValuePair<string, object?>(StatusCode, TextOf(known)));
        else
            Refusals.Add(1, new KeyValuePair<string, object?>(HttpStatusCode, ValueOf(statusCode)));
    }

    /// <summary>Made when the first call is measured, and not at the start of every program.</summary>
    private static class Kept
    {
        public static readonly ConcurrentDictionary<int, string> Codes = new();

        public static readonly object[] Statuses = [.. Enumerable.Range(0, 600).Select(status => (object)status)];
    }
}
