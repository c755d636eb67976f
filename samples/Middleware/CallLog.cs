namespace Middleware;

/// <summary>Logs each call with its duration, whether it succeeds or not.</summary>
internal static class CallLog
{
    public static JsonRpcMiddleware To(TextWriter log) => async (call, next, cancellationToken) =>
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            await next(call, cancellationToken);
        }
        finally
        {
            log.WriteLine($"log: {call.Method} took {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms");
        }
    };
}
