using System.Diagnostics;

namespace JsonRpcLite;

/// <summary>
/// The trace that a request belongs to, in its header fields: <c>traceparent</c>, <c>tracestate</c> and baggage (W3C Trace Context), as the process's own propagator writes and
/// reads them.
/// </summary>
internal static class TraceParent
{
    /// <summary>The most baggage that is taken from a peer, in characters.</summary>
    private const int MaxBaggage = 8192;

    /// <summary>The parent that the fields name; default where they name none, or not properly.</summary>
    public static ActivityContext Extract(HeaderFields fields)
    {
        DistributedContextPropagator.Current.ExtractTraceIdAndState(fields, Get, out var parent, out var state);
        return parent is not null && ActivityContext.TryParse(parent, state, isRemote: true, out var context) ? context : default;
    }

    /// <summary>The trace of a request that is being served, in hexadecimal: that of its span, or else the one that its caller has sent; <c>null</c> where there is none.</summary>
    public static string? TraceOf(HttpExchange exchange)
    {
        // What else is current here may be of whatever the server was started in.
        for (var activity = Activity.Current; activity is not null; activity = activity.Parent)
        {
            if (exchange.HasAmbientActivity || activity.Source == RpcTelemetry.Source)
                return activity.TraceId.ToHexString();
        }
        var sent = Extract(exchange.RequestHeaders).TraceId;
        return sent == default ? null : sent.ToHexString();
    }

    /// <summary>Gives the activity the baggage of the fields.</summary>
    public static void ExtractBaggage(HeaderFields fields, Activity activity)
    {
        if (fields["baggage"] is { Length: > MaxBaggage } || DistributedContextPropagator.Current.ExtractBaggage(fields, Get) is not { } baggage)
            return;
        // The propagator lists them from the last to the first, and each that is added stands before the others.
        foreach (var (name, value) in baggage.Reverse())
            activity.AddBaggage(name, value);
    }

    /// <summary>Writes the activity's trace into the fields, in place of what stands there.</summary>
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
