using System.Diagnostics;

namespace JsonRpcLite;

/// <summary>How spans begin and end, whatever they are of.</summary>
internal static class TraceSpan
{
    /// <summary>Where the client has sent its request, by its own words: never the address that the server listens on.</summary>
    public static void AddServer(List<KeyValuePair<string, object?>> tags, HttpExchange exchange)
    {
        if (exchange.RequestHeaders["Host"] is not { Length: > 0 } host || !Uri.TryCreate($"{exchange.Scheme}://{host}/", UriKind.Absolute, out var address))
            return;
        tags.Add(new(RpcTelemetry.ServerAddress, address.Host));
        tags.Add(new(RpcTelemetry.ServerPort, address.Port));
    }

    /// <summary>Begins a span of a server and makes it the current one; <c>null</c> where no listener wants it.</summary>
    public static Activity? BeginOnServer(HttpExchange exchange, string name, List<KeyValuePair<string, object?>> tags, TimeProvider clock, long began, bool acceptsBaggage)
    {
        var parent = default(ActivityContext);
        if (!exchange.HasAmbientActivity)
        {
            parent = TraceParent.Extract(exchange.RequestHeaders);
            // Or a root would become the child of whatever else runs on this thread.
            Activity.Current = null;
        }
        var activity = RpcTelemetry.Source.StartActivity(ActivityKind.Server, parent, tags, links: null, clock.GetUtcNow() - clock.GetElapsedTime(began), name);
        if (activity is not null && acceptsBaggage && !exchange.HasAmbientActivity)
            TraceParent.ExtractBaggage(exchange.RequestHeaders, activity);
        return activity;
    }

    /// <param name="activity">The span.</param>
    /// <param name="duration">How long it took, as the metric has it.</param>
    /// <param name="error">The type of the error, as the metric has it; <c>null</c> where it succeeded.</param>
    /// <param name="code">The code of a JSON-RPC error, which a span has as it is; <c>null</c> where there is none.</param>
    public static void End(Activity activity, TimeSpan duration, string? error, int? code = null)
    {
        if (error is not null)
        {
            if (code is { } known)
                activity.SetTag(RpcTelemetry.StatusCode, RpcTelemetry.TextOf(known));
            activity.SetTag(RpcTelemetry.ErrorType, error);
            activity.SetStatus(ActivityStatusCode.Error);
        }
        activity.SetEndTime(activity.StartTimeUtc + duration);
        // Stopping makes another activity the current one, of a flow that may not be this one's.
        var current = Activity.Current;
        activity.Stop();
        Activity.Current = current == activity ? activity.Parent : current;
    }
}
