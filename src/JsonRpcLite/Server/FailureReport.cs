using System.Globalization;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Reports unexpected exceptions to the user's hook, or else to stderr, and gives each an id for the peer.</summary>
/// <param name="hook">The user's hook; <c>null</c> for stderr.</param>
/// <param name="showsDetails">Whether a peer may see exceptions, in development; <c>null</c> if no peer may.</param>
internal sealed class FailureReport(Action<JsonRpcFailure>? hook, Func<HttpExchange, bool>? showsDetails = null)
{
    /// <summary>Whether the peer of an exchange may see exceptions.</summary>
    public bool ShowsDetails(HttpExchange exchange) => showsDetails?.Invoke(exchange) == true;

    public static readonly FailureReport ToStandardError = new(hook: null);

    /// <summary>Reports an exception, and returns the error's data for the peer: the id, and in development the exception itself.</summary>
    public JsonObject ReportForPeer(Exception exception, FailedCall call)
    {
        var data = new JsonObject { ["id"] = Report(exception, call) };
        if (call.ShowsDetails)
            data["detail"] = exception.ToString();
        return data;
    }

    /// <param name="exception">The exception that was thrown.</param>
    /// <param name="call">The call that it belongs to; the default value if it belongs to no call.</param>
    public string Report(Exception exception, FailedCall call)
    {
        // The id is for finding the report, so it may be guessable. A cryptographic one needs a library that is loaded at first use, which fails when no file descriptors are left.
        var id = Random.Shared.NextInt64().ToString("x16", CultureInfo.InvariantCulture);
        var failure = new JsonRpcFailure(id, exception, call);
        try
        {
            if (hook is null)
                Console.Error.WriteLine(exception is JsonRpcException ? $"JsonRpcLite: failed notification {failure}" : $"JsonRpcLite: unexpected exception {failure}");
            else
                hook(failure);
        }
        catch (Exception reportFailure)
        {
            // A report that fails must not prevent the reply: the peer still gets the id.
            TryWrite($"JsonRpcLite: OnUnhandledException itself threw an exception: {reportFailure}\nIts argument was: {failure}");
        }
        return id;
    }

    /// <summary>Writes a warning to stderr.</summary>
    public static void Warn(string text) => TryWrite(text);

    private static void TryWrite(string text)
    {
        try
        {
            Console.Error.WriteLine(text);
        }
        catch (Exception)
        {
            // stderr is closed, or its disk is full: there is no other way to report this.
        }
    }
}
