using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>
/// Runs one request of a JSON-RPC server: finds the method, calls it, and writes the response, or nothing for a notification. Whatever the method does, exactly one whole
/// response comes of a request.
/// </summary>
internal sealed class RpcRunner(MethodTable methods, FailureReport? failures)
{
    public ValueTask RunAsync(RpcRequest request, CancellationToken cancellationToken)
    {
        var mark = request.Target.Length;
        ValueTask calling;
        try
        {
            if (!request.Envelope.IsValid)
            {
                WriteError(request, JsonRpcErrorCodes.InvalidRequest, "Invalid Request", errorData: null);
                return default;
            }
            var entry = methods.Find(request.Method) ?? throw new JsonRpcException(JsonRpcErrorCodes.MethodNotFound, "Method not found");
            var call = request.BeginCall(entry.Name);
            if (!request.Envelope.IsNotification)
                RpcResponse.BeginResult(request.Target);
            calling = entry.Method(call, cancellationToken);
            if (!calling.IsCompletedSuccessfully)
                return AwaitAsync(calling, request, mark, cancellationToken);
            calling.GetAwaiter().GetResult();
            End(request, mark);
        }
        catch (Exception exception)
        {
            Fail(request, mark, exception, cancellationToken);
        }
        return default;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitAsync(ValueTask calling, RpcRequest request, int mark, CancellationToken cancellationToken)
    {
        try
        {
            await calling.ConfigureAwait(false);
            End(request, mark);
        }
        catch (Exception exception)
        {
            Fail(request, mark, exception, cancellationToken);
        }
    }

    private static void End(RpcRequest request, int mark)
    {
        var result = request.Call.Result;
        if (result.CurrentDepth != 0)
            throw new InvalidOperationException($"The method '{request.Call.Method}' left its result unfinished.");
        if (result.BytesCommitted + result.BytesPending == 0)
            result.WriteNullValue();
        result.Flush();
        if (request.Envelope.IsNotification)
            request.Target.Truncate(mark);
        else
            RpcResponse.EndResult(request.Target, request.Id);
    }

    /// <summary>Takes back what stands of the result, and writes the error in its place.</summary>
    private void Fail(RpcRequest request, int mark, Exception exception, CancellationToken cancellationToken)
    {
        request.DropResult();
        request.Target.Truncate(mark);
        if (exception is OperationCanceledException && cancellationToken.IsCancellationRequested)
        {
            // The method did as it was told; the answer, if anybody hears it, is that it took too long.
            WriteError(request, JsonRpcErrorCodes.TimedOut, "The call was ended.", errorData: null);
            return;
        }
        if (request.Envelope.IsNotification)
        {
            // Nobody will ever be answered: this is the only place where the failure shows.
            Report(request, exception);
            return;
        }
        try
        {
            switch (exception)
            {
                case JsonRpcException error:
                    WriteError(request, error.Code, error.Message, error.ErrorData);
                    break;
                case BodyTooLargeException tooLarge:
                    WriteError(request, JsonRpcErrorCodes.ReplyTooLarge, $"The reply is larger than the limit of {tooLarge.MaxLength} bytes.", errorData: null);
                    break;
                default:
                    WriteError(request, JsonRpcErrorCodes.InternalError, "Internal error", new JsonObject { ["id"] = Report(request, exception) });
                    break;
            }
        }
        catch (Exception inTheError)
        {
            // The error's own data could not be written.
            request.Target.Truncate(mark);
            if (inTheError is BodyTooLargeException)
                WriteError(request, JsonRpcErrorCodes.ReplyTooLarge, "The error is larger than a reply may be.", errorData: null);
            else
                WriteError(request, JsonRpcErrorCodes.InternalError, "Internal error", new JsonObject { ["id"] = Report(request, inTheError) });
        }
    }

    private static void WriteError(RpcRequest request, int code, string message, JsonNode? errorData)
    {
        if (request.Envelope.IsNotification)
            return;
        // An error without data always fits: nobody may get half an answer for the sake of a limit.
        var limit = request.Target.MaxLength;
        if (errorData is null)
            request.Target.MaxLength = int.MaxValue;
        try
        {
            RpcResponse.WriteError(request.Target, code, message, errorData, request.Id);
        }
        finally
        {
            request.Target.MaxLength = limit;
        }
    }

    private string Report(RpcRequest request, Exception exception) =>
        (failures ?? request.Exchange.Failures ?? FailureReport.ToStandardError).Report(exception, request.Exchange.RemoteEndPoint, request.MethodText);
}
