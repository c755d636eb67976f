using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>What the exception of a client's call says beyond its kind. Thread-safe.</summary>
public static class CallFailure
{
    /// <summary>
    /// Whether the server may have run the call that failed. <c>false</c> is certain, and the call may be made again whatever it does: the request has not left, or the server says
    /// that it has run nothing of it. <c>true</c> where anything is possible.
    /// </summary>
    /// <remarks>
    /// A server of this library says so of a call for which there was no room, or whose caller makes too many: the error's data has <c>notRun</c>. A request that has not left is
    /// one whose server could not be reached: no such name, refused, connecting took too long. It is never certain of calls through an HttpClient of yours, whose handlers may
    /// have sent more than one request, and of calls by GET through an HttpClient, which sends them again by itself where a kept connection was closed.
    /// </remarks>
    /// <param name="exception">What a call of a <c>JsonRpcClient</c> has thrown.</param>
    /// <example>
    /// <code>
    /// catch (Exception e) when (!CallFailure.MayHaveRun(e))
    /// {
    ///     // Nothing has happened: it is safe to try elsewhere.
    /// }
    /// </code>
    /// </example>
    public static bool MayHaveRun(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return FailureMark.MayHaveRun(exception) || (exception is JsonRpcException error ? !IsNotRun(error.ErrorData) : !FailureMark.IsUnsent(exception));
    }

    /// <summary>How often the request of the call that failed was sent, or tried to be: 1 where it was not repeated, and more by <c>JsonRpcClientOptions.Retry</c> and other
    /// middleware.</summary>
    /// <param name="exception">What a call of a <c>JsonRpcClient</c> has thrown.</param>
    public static int Attempts(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return FailureMark.AttemptsOf(exception);
    }

    internal static bool IsNotRun(JsonNode? errorData) => errorData is JsonObject data && data["notRun"] is JsonValue value && value.TryGetValue(out bool isNotRun) && isNotRun;

    /// <summary>The same data without the mark, which is not its sender's to set.</summary>
    internal static JsonNode WithoutNotRun(JsonNode errorData)
    {
        var copy = errorData.DeepClone().AsObject();
        copy.Remove("notRun");
        return copy;
    }
}
