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
        { Error: { } error } => OfError(error, serializer),
        _ => null,
    };

    public static byte[] OfResult(ReadOnlySpan<byte> result) => [Result, .. result.IsEmpty ? "null"u8 : result];

    /// <summary>
    /// The error as an outcome; <c>null</c> where it is not the function's own answer, and the call may run again. A function that was told to end may have done half of its work: nobody
    /// knows.
    /// </summary>
    public static byte[]? OfError(Exception exception, JsonRpcSerializer serializer)
    {
        if (exception is OperationCanceledException)
            return [Lost];
        if (exception is not JsonRpcException error || CallFailure.IsNotRun(error.ErrorData) || error.Code is JsonRpcErrorCodes.InternalError or JsonRpcErrorCodes.TimedOut or JsonRpcErrorCodes.Refused or JsonRpcErrorCodes.ReplyTooLarge
            or JsonRpcErrorCodes.NotAllowed or JsonRpcErrorCodes.TooManyCalls or JsonRpcErrorCodes.MethodNotFound or JsonRpcErrorCodes.StreamOnly
            or JsonRpcErrorCodes.KeyInProgress or JsonRpcErrorCodes.OutcomeUnknown)
            return null;
        var body = new BodyBuffer();
        body.Write([Error]);
        ErrorObject.Write(body, [], error.Code, error.Message, error.DataFor(serializer), []);
        return body.WrittenSpan.ToArray();
    }

    /// <summary>The result that was kept.</summary>
    /// <exception cref="JsonRpcException">It was an error.</exception>
    public static ReadOnlyMemory<byte> ResultOf(ReadOnlyMemory<byte> outcome)
    {
        if (outcome.Span is [Error, .. var text] && ErrorObject.Read(text, HttpStatusCode.OK, [], options: null) is { } error)
            throw error;
        if (outcome.Span is [Lost])
            throw KeyedCalls.Unknown();
        if (outcome.Span is not [Result, ..])
            throw new InvalidOperationException($"The store of idempotency keys has returned what was never kept there: '{PeerText.Shown(Encoding.UTF8.GetString(outcome.Span[..Math.Min(outcome.Length, 40)]))}'.");
        return outcome[1..];
    }
}
