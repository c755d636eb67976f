using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>The answer to a call that a rate limiter refuses.</summary>
internal static class RateRefusal
{
    /// <param name="call">The call.</param>
    /// <param name="retryAfter">When to try again; <c>null</c> where the limiter does not say.</param>
    public static JsonRpcException Of(JsonRpcCall call, TimeSpan? retryAfter)
    {
        var data = new JsonObject();
        // Rounded up: who waits so long is not refused again.
        if (retryAfter is { } wait)
            data["retryAfterMs"] = (long)Math.Max(1, Math.Ceiling(wait.TotalMilliseconds));
        if (call.IsUntouched)
            data["notRun"] = true;
        return new JsonRpcException(JsonRpcErrorCodes.TooManyCalls, "Too many calls", data.Count == 0 ? null : data);
    }
}
