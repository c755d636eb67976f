using System.Net;
using System.Text;

namespace JsonRpcLite;

/// <summary>What is kept of a call: its result, or the error that its function has answered with. The response around it is written anew, since its id is another.</summary>
internal static class KeptOutcome
{
    private const byte Result = (byte)'R', Error = (byte)'E', Lost = (byte)'U';

    /// <summary>What came of a method with middleware around it.</summary>
    /// <param name="result">What its caller gets; <c>null</c> where that is an error.</param>
    /// <param name="method">What the method itself has come to: it counts where its caller gets something else, for what it has done is done.</param>
    /// <param name="serializer">How the data of errors becomes JSON.</param>
    /// <returns>What to keep; <c>null</c> where nothing has run, or the call may run again.</returns>
    public static byte[]? Of(byte[]? result, MethodOutcome method, JsonRpcSerializer serializer) => method switch
    {
        _ when result is not null => OfResult(result),
        { Result: { } own } => OfResult(own),
        { Error: { } error } => OfError(error, method.WasCancelled, serializer),
        _ => null,
    };

    public static byte[] OfResult(ReadOnlySpan<byte> result) => [Result, .. result.IsEmpty ? "null"u8 : result];

    /// <summary>The error as an outcome; <c>null</c> where the call may run again.</summary>
    /// <remarks>
    /// An error that the function answered with is kept, whatever its code: one of another server that it passes on may follow half of its work. A function that failed otherwise
    /// may run again, unless its token was cancelled: then it may have ended in the middle of its work.
    /// </remarks>
    /// <param name="exception">What the function, or what stands in front of it, has thrown.</param>
    /// <param name="wasCancelled">Whether the function's token was cancelled then.</param>
    /// <param name="serializer">How the error's data becomes JSON.</param>
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
            // The data cannot be written, as the caller hears too. The function has run.
            return [Lost];
        }
    }

    /// <summary>The result that was kept.</summary>
    /// <exception cref="JsonRpcException">It was an error.</exception>
    public static ReadOnlyMemory<byte> ResultOf(ReadOnlyMemory<byte> outcome)
    {
        if (outcome.Span is [Error, .. var text] && ErrorObject.Read(text, HttpStatusCode.OK, [], options: null) is { } error)
            throw error;
        if (outcome.Span is [Lost])
            throw Unknown();
        if (outcome.Span is not [Result, ..])
            throw new InvalidOperationException(
                $"The store of idempotency keys has returned what was never kept there: '{PeerText.Shown(Encoding.UTF8.GetString(outcome.Span[..Math.Min(outcome.Length, 40)]))}'.");
        return outcome[1..];
    }

    /// <summary>The error of a repetition of a call whose outcome is unknown.</summary>
    public static JsonRpcException Unknown() => new(JsonRpcErrorCodes.OutcomeUnknown, "A call with this idempotency key has begun, and what became of it is unknown.");
}
