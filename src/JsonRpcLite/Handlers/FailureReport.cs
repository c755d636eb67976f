using System.Net;
using System.Security.Cryptography;

namespace JsonRpcLite;

/// <summary>Where exceptions go that nobody expected: the user's hook, or else stderr. Gives each the id that the peer is told.</summary>
internal sealed class FailureReport(Action<JsonRpcFailure>? hook)
{
    public static readonly FailureReport ToStandardError = new(hook: null);

    public string Report(Exception exception, EndPoint? remoteEndPoint, string? method = null)
    {
        var id = RandomNumberGenerator.GetHexString(16, lowercase: true);
        var failure = new JsonRpcFailure(id, exception, remoteEndPoint, method);
        if (hook is null)
        {
            Console.Error.WriteLine($"JsonRpcLite: unexpected exception {failure}");
            return id;
        }
        try
        {
            hook(failure);
        }
        catch (Exception hookFailure)
        {
            Console.Error.WriteLine($"JsonRpcLite: {nameof(JsonRpcServerOptions.OnUnhandledException)} failed itself: {hookFailure}\nIt was told: {failure}");
        }
        return id;
    }
}
