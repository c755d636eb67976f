using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Determines from the exception of a client's call whether the call may have run.</summary>
/// <remarks>Thread-safe.</remarks>
public static class CallFailure
{
    /// <summary>Returns whether the server may have run the failed call.</summary>
    /// <remarks>
    /// <para>If <c>false</c>, the call certainly has not run, and may be repeated whatever it does: the request was not sent, or the server says that it has run nothing. If
    /// <c>true</c>, anything is possible.</para>
    /// <para>A server of this library reports <c>notRun</c> in the error's data when it is full, or when the caller makes too many calls. Other refusals, such as 401 or -32602, do
    /// not say it: a method may answer with the same error after a part of its work, and a proxy may send the same status.</para>
    /// <para>A request counts as not sent if the server could not be reached: unknown host name, connection refused, or connect time-out. It never counts as not sent through your
    /// own HttpClient, whose handlers may have sent more than one request, or by GET through an HttpClient, which repeats a request itself if a keep-alive connection was
    /// closed.</para>
    /// </remarks>
    /// <param name="exception">The exception that a call of a <c>JsonRpcClient</c> has thrown.</param>
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

    /// <summary>Returns the number of attempts to send the request of the failed call.</summary>
    /// <remarks>It is 1 if the request was not repeated, and more if <c>JsonRpcClientOptions.Retry</c> or other middleware repeated it.</remarks>
    /// <param name="exception">The exception that a call of a <c>JsonRpcClient</c> has thrown.</param>
    public static int Attempts(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return FailureMark.AttemptsOf(exception);
    }

    internal static bool IsNotRun(JsonNode? errorData) => errorData is JsonObject data && data["notRun"] is JsonValue value && value.TryGetValue(out bool isNotRun) && isNotRun;

    /// <summary>Returns the data without the mark <c>notRun</c>, which its sender must not set.</summary>
    internal static JsonNode WithoutNotRun(JsonNode errorData)
    {
        var copy = errorData.DeepClone().AsObject();
        copy.Remove("notRun");
        return copy;
    }
}
