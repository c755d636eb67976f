using System.Diagnostics;

namespace JsonRpcLite;

/// <summary>Begins and ends spans of any kind.</summary>
internal static class TraceSpan
{
    /// <summary>Adds the address to which the client sent its request, according to the client, not the server's listening address.</summary>
    public static void AddServer(List<KeyValuePair<string, object?>> tags, HttpExchange exchange)
    {
        if (exchange.RequestHeaders["Host"] is not { Length: > 0 } host || !Uri.TryCreate($"{exchange.Scheme}://{host}/", UriKind.Absolute, out var address))
            return;
        tags.Add(new(RpcTelemetry.ServerAddress, address.Host));
        tags.Add(new(RpcTelemetry.ServerPort, address.Port));
    }

    /// <summary>Begins a span of a server and makes it the current one; <c>null</c> where no listener samples it.</summary>
    public static Activity? BeginOnServer(HttpExchange exchange, string name, List<KeyValuePair<string, object?>> tags, TimeProvider clock, long began, bool acceptsBaggage)
    {
        var parent = default(ActivityContext);
        if (!exchange.HasAmbientActivity)
        {
            parent = TraceParent.Extract(exchange.RequestHeaders);
            // Otherwise a root span would become the child of another activity on this thread.
            Activity.Current = null;
        }
        var activity = RpcTelemetry.Source.StartActivity(ActivityKind.Server, parent, tags, links: null, clock.GetUtcNow() - clock.GetElapsedTime(began), name);
        if (activity is not null && acceptsBaggage && !exchange.HasAmbientActivity)
            TraceParent.ExtractBaggage(exchange.RequestHeaders, activity);
        return activity;
    }

    /// <param name="activity">The span.</param>
    /// <param name="duration">The duration, equal to the metric's.</param>
    /// <param name="error">The type of the error, equal to the metric's; <c>null</c> for a success.</param>
    /// <param name="code">The code of a JSON-RPC error, which a span always records; <c>null</c> where there is none.</param>
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
        // Stop changes the current activity, which may belong to another flow.
        var current = Activity.Current;
        activity.Stop();
        Activity.Current = current == activity ? activity.Parent : current;
    }
}
