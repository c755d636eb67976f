using System.Net;
using System.Text;

namespace JsonRpcLite;

/// <summary>The stored outcome of a call: its result, or the error that its function has thrown.</summary>
/// <remarks>The response around it is written anew, since a repetition has another id.</remarks>
internal static class KeptOutcome
{
    private const byte Result = (byte)'R', Error = (byte)'E', Lost = (byte)'U';

    /// <summary>Returns the outcome of a method with middleware around it.</summary>
    /// <param name="result">The result that the caller gets; <c>null</c> if it gets an error.</param>
    /// <param name="method">The outcome of the method itself. It is stored if the caller gets something else, since the work of the method is done.</param>
    /// <param name="serializer">The serializer for the data of errors.</param>
    /// <returns>The outcome to store; <c>null</c> if nothing has run, or if the call may run again.</returns>
    public static byte[]? Of(byte[]? result, MethodOutcome method, JsonRpcSerializer serializer) => method switch
    {
        _ when result is not null => OfResult(result),
        { Result: { } own } => OfResult(own),
        { Error: { } error } => OfError(error, method.WasCancelled, serializer),
        _ => null,
    };

    public static byte[] OfResult(ReadOnlySpan<byte> result) => [Result, .. result.IsEmpty ? "null"u8 : result];

    /// <summary>Returns an error as an outcome; <c>null</c> if the call may run again.</summary>
    /// <remarks>
    /// An error that the function threw on purpose is stored, whatever its code: an error that it passes on from another server may follow half of its work. A function that
    /// failed with another exception may run again, unless its token was cancelled: in this case it may have ended in the middle of its work.
    /// </remarks>
    /// <param name="exception">The exception of the function, or of a handler in front of it.</param>
    /// <param name="wasCancelled">Whether the function's token was cancelled when it ended.</param>
    /// <param name="serializer">The serializer for the error's data.</param>
    public static byte[]? OfError(Exception exception, bool wasCancelled, JsonRpcSerializer serializer)
    {
        if (exception is not JsonRpcException error)
            return wasCancelled ? [Lost] : null;
        if (error.IsBeforeMethod)
            return null;
        try
        {
            var body = new BodyBuffer();
            body.Write([Error]);
            ErrorObject.Write(body, [], error.Code, error.Message, error.DataFor(serializer), []);
            return body.WrittenSpan.ToArray();
        }
        catch (Exception)
        {
            // The data cannot be written; the caller gets an internal error, too. The function has run.
            return [Lost];
        }
    }

    /// <summary>Returns the stored result.</summary>
    /// <exception cref="JsonRpcException">The outcome is an error.</exception>
    public static ReadOnlyMemory<byte> ResultOf(ReadOnlyMemory<byte> outcome)
    {
        if (outcome.Span is [Error, .. var text] && ErrorObject.Read(text, HttpStatusCode.OK, [], options: null) is { } error)
            throw error;
        if (outcome.Span is [Lost])
            throw Unknown();
        if (outcome.Span is not [Result, ..])
            throw new InvalidOperationException(
                $"The store of idempotency keys returned an outcome that was not stored there: '{PeerText.Shown(Encoding.UTF8.GetString(outcome.Span[..Math.Min(outcome.Length, 40)]))}'.");
        return outcome[1..];
    }

    /// <summary>The error of a repetition of a call whose outcome is unknown.</summary>
    public static JsonRpcException Unknown() => new(JsonRpcErrorCodes.OutcomeUnknown, "A call with this idempotency key has begun, but its outcome is unknown.");
}
