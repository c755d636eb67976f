using System.Globalization;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Where exceptions go that nobody expected: the user's hook, or else stderr. Gives each the id that the peer is told.</summary>
/// <param name="hook">The user's hook; <c>null</c> for stderr.</param>
/// <param name="showsDetails">Whether a peer may see exceptions, in development; <c>null</c> where none may.</param>
internal sealed class FailureReport(Action<JsonRpcFailure>? hook, Func<HttpExchange, bool>? showsDetails = null)
{
    /// <summary>Whether the peer of an exchange may see exceptions.</summary>
    public bool ShowsDetails(HttpExchange exchange) => showsDetails?.Invoke(exchange) == true;

    public static readonly FailureReport ToStandardError = new(hook: null);

    /// <summary>Reports, and returns what the peer is told: the id, and in development the exception itself.</summary>
    public JsonObject ReportForPeer(Exception exception, FailedCall call)
    {
        var told = new JsonObject { ["id"] = Report(exception, call) };
        if (call.ShowsDetails)
            told["detail"] = exception.ToString();
        return told;
    }

    /// <param name="exception">What was thrown.</param>
    /// <param name="call">The call that it belongs to; default for none.</param>
    public string Report(Exception exception, FailedCall call)
    {
        // To be found again, not to be unguessable: cryptography would have to be loaded first, which fails where file descriptors are what is lacking.
        var id = Random.Shared.NextInt64().ToString("x16", CultureInfo.InvariantCulture);
        var failure = new JsonRpcFailure(id, exception, call);
        try
        {
            if (hook is null)
                Console.Error.WriteLine($"JsonRpcLite: unexpected exception {failure}");
            else
                hook(failure);
        }
        catch (Exception reportFailure)
        {
            // A report that fails must not cost anybody a reply: the peer gets its id all the same.
            TryWrite($"JsonRpcLite: OnUnhandledException failed itself: {reportFailure}\nIt was told: {failure}");
        }
        return id;
    }

    /// <summary>Says on stderr what nobody asked for, and should know.</summary>
    public static void Warn(string text) => TryWrite(text);

    private static void TryWrite(string text)
    {
        try
        {
            Console.Error.WriteLine(text);
        }
        catch (Exception)
        {
            // Nowhere is left to tell it: stderr is closed, or its disk is full.
        }
    }
}
