using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>The error for a call that a rate limiter rejects.</summary>
internal static class RateRefusal
{
    /// <param name="call">The call.</param>
    /// <param name="retryAfter">The time after which to try again; <c>null</c> if the limiter does not provide it.</param>
    public static JsonRpcException Of(JsonRpcCall call, TimeSpan? retryAfter)
    {
        var data = new JsonObject();
        // Rounded up, so that a caller that waits this long is not rejected again.
        if (retryAfter is { } wait)
            data["retryAfterMs"] = (long)Math.Max(1, Math.Ceiling(wait.TotalMilliseconds));
        if (call.IsUntouched)
            data["notRun"] = true;
        return new JsonRpcException(JsonRpcErrorCodes.TooManyCalls, "Too many calls", data.Count == 0 ? null : data);
    }
}
