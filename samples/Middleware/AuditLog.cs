namespace Middleware;

/// <summary>Writes one line for each call: its id, its user, its method, and its outcome.</summary>
internal sealed class AuditLog(TextWriter log)
{
    public async ValueTask CallAsync(JsonRpcCall call, JsonRpcMethod next, CancellationToken cancellationToken)
    {
        var outcome = "success";
        try
        {
            await next(call, cancellationToken);
        }
        catch (Exception e)
        {
            var code = (e as JsonRpcException)?.Code ?? JsonRpcErrorCodes.InternalError;
            outcome = code == JsonRpcErrorCodes.TimedOut ? "timed out" : $"error {code}";
            throw;
        }
        finally
        {
            var id = call.IsNotification ? "notification" : Encoding.UTF8.GetString(call.Id.Span);
            log.WriteLine($"audit: {id} {call.User?.Identity?.Name} {call.Method}: {outcome}");
        }
    }
}
