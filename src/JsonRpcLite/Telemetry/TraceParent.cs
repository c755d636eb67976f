using System.Diagnostics;

namespace JsonRpcLite;

/// <summary>Reads and writes the trace context of a request: <c>traceparent</c>, <c>tracestate</c> and baggage.</summary>
/// <remarks>The header fields are those of W3C Trace Context, as the process's propagator reads and writes them.</remarks>
internal static class TraceParent
{
    /// <summary>The maximum baggage that is accepted from a peer, in characters.</summary>
    private const int MaxBaggage = 8192;

    /// <summary>Returns the parent in the header fields; <c>default</c> where it is missing or malformed.</summary>
    public static ActivityContext Extract(HeaderFields fields)
    {
        DistributedContextPropagator.Current.ExtractTraceIdAndState(fields, Get, out var parent, out var state);
        return parent is not null && ActivityContext.TryParse(parent, state, isRemote: true, out var context) ? context : default;
    }

    /// <summary>Returns the trace id of a request that is being served, in hexadecimal; <c>null</c> where there is none.</summary>
    /// <remarks>It is that of the request's span, or else the one that the caller has sent.</remarks>
    public static string? TraceOf(HttpExchange exchange)
    {
        // Any other current activity may belong to the code that started the server.
        for (var activity = Activity.Current; activity is not null; activity = activity.Parent)
        {
            if (exchange.HasAmbientActivity || activity.Source == RpcTelemetry.Source)
                return activity.TraceId.ToHexString();
        }
        var sent = Extract(exchange.RequestHeaders).TraceId;
        return sent == default ? null : sent.ToHexString();
    }

    /// <summary>Adds the baggage in the header fields to the activity.</summary>
    public static void ExtractBaggage(HeaderFields fields, Activity activity)
    {
        if (fields["baggage"] is { Length: > MaxBaggage } || DistributedContextPropagator.Current.ExtractBaggage(fields, Get) is not { } baggage)
            return;
        // The propagator lists the items from last to first, and AddBaggage inserts each before the others.
        foreach (var (name, value) in baggage.Reverse())
            activity.AddBaggage(name, value);
    }

    /// <summary>Writes the activity's trace context to the header fields, and replaces the values there.</summary>
    public static void Inject(Activity activity, HeaderFields fields) =>
        DistributedContextPropagator.Current.Inject(activity, fields, static (fields, name, value) =>
        {
            var target = (HeaderFields)fields!;
            if (HeaderFields.CanSend(name, value))
                target[name] = value;
        });

    private static void Get(object? fields, string name, out string? value, out IEnumerable<string>? values)
    {
        value = ((HeaderFields)fields!)[name];
        values = null;
    }
}
