using System.Diagnostics;

namespace JsonRpcLite;

/// <summary>The span and the duration of a request to a server that does not speak JSON-RPC.</summary>
/// <remarks>They follow the conventions for HTTP. The object is reused with its exchange.</remarks>
internal sealed class HttpMeasure
{
    private TimeProvider _clock = TimeProvider.System;
    private long _began;
    private Activity? _activity;
    private string _method = "";
    private string _scheme = "";
    private int _hasEnded;

    /// <returns>The previous current activity, which the caller restores after it has begun the request.</returns>
    public Activity? Begin(HttpExchange exchange, TimeProvider clock, long began, bool acceptsBaggage)
    {
        (_clock, _began, _activity, _method, _scheme) = (clock, began, null, KnownMethod(exchange.Method), exchange.Scheme);
        Volatile.Write(ref _hasEnded, 0);
        var before = Activity.Current;
        if (RpcTelemetry.Source.HasListeners())
        {
            var tags = new List<KeyValuePair<string, object?>>(6)
            {
                new(RpcTelemetry.HttpMethod, _method),
                new(RpcTelemetry.UrlScheme, _scheme),
                new(RpcTelemetry.UrlPath, PeerText.Shown(exchange.Path)),
            };
            TraceSpan.AddServer(tags, exchange);
            _activity = TraceSpan.BeginOnServer(exchange, _method == RpcTelemetry.OtherMethod ? "HTTP" : _method, tags, clock, began, acceptsBaggage);
        }
        return before;
    }

    /// <summary>Ends the measurement when a reply was sent, or will never be sent.</summary>
    /// <param name="statusCode">The status of the reply; <c>null</c> where none was sent.</param>
    public void End(int? statusCode)
    {
        if (Interlocked.Exchange(ref _hasEnded, 1) != 0)
            return;
        var duration = _clock.GetElapsedTime(_began);
        var error = statusCode switch
        {
            null => "disconnected",
            >= 500 and var status => RpcTelemetry.TextOf(status),
            _ => null,
        };
        if (RpcTelemetry.HttpServerDuration.Enabled)
        {
            var tags = new TagList { { RpcTelemetry.HttpMethod, _method }, { RpcTelemetry.UrlScheme, _scheme } };
            if (statusCode is { } sent)
                tags.Add(RpcTelemetry.HttpStatusCode, RpcTelemetry.ValueOf(sent));
            if (error is not null)
                tags.Add(RpcTelemetry.ErrorType, error);
            RpcTelemetry.HttpServerDuration.Record(duration.TotalSeconds, tags);
        }
        if (_activity is not { } activity)
            return;
        if (statusCode is { } known)
            activity.SetTag(RpcTelemetry.HttpStatusCode, RpcTelemetry.ValueOf(known));
        TraceSpan.End(activity, duration, error);
    }

    /// <summary>Returns a known method (RFC 9110 9.3, RFC 5789, RFC 10008), or one name for all others.</summary>
    private static string KnownMethod(string method) =>
        method is "GET" or "HEAD" or "POST" or "PUT" or "DELETE" or "CONNECT" or "OPTIONS" or "TRACE" or "PATCH" or "QUERY" ? method : RpcTelemetry.OtherMethod;
}
