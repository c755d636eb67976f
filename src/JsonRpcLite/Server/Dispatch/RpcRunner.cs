using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Runs one request of a JSON-RPC server: finds the method, calls it, and writes the response.</summary>
/// <remarks>A notification gets no response. Every other request gets exactly one complete response, whatever its method does.</remarks>
internal sealed class RpcRunner(MethodTable methods, FailureReport? failures, JsonRpcSerializer serializer)
{
    /// <summary>Finds the method that answers a call; <c>null</c> if there is none.</summary>
    /// <param name="body">The text of the body.</param>
    /// <param name="envelope">The envelope of the call in the body.</param>
    public MethodEntry? Find(ReadOnlySpan<byte> body, in Envelope envelope) => envelope.IsValid ? methods.Find(body[envelope.Method]) ?? methods.Fallback : null;

    /// <param name="request">A request that has begun.</param>
    /// <param name="entry">The result of <see cref="Find"/> for the request.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    public ValueTask RunAsync(RpcRequest request, MethodEntry? entry, CancellationToken cancellationToken) =>
        RpcTelemetry.IsServerOn ? RunMeasuredAsync(request, entry, cancellationToken) : RunCoreAsync(request, entry, cancellationToken);

    private ValueTask RunMeasuredAsync(RpcRequest request, MethodEntry? entry, CancellationToken cancellationToken)
    {
        var call = ServerCall.Of(request.Exchange);
        // The time of a call in a batch ends when the call has run; that of a single call ends when its reply has been sent.
        var isAlone = call is not null && request.Call.BatchIndex < 0;
        var clock = call?.Times.Clock ?? TimeProvider.System;
        var name = ReferenceEquals(entry, methods.Fallback) ? null : entry?.Name;
        var measure = request.Measure ??= new CallMeasure();
        var isTraced = RpcTelemetry.Source.HasListeners();
        var before = isTraced ? Activity.Current : null;
        measure.Begin(clock, isAlone ? call!.Times.Began : clock.GetTimestamp(), name);
        if (isTraced)
            measure.BeginSpan(request.Exchange, name is null ? request.MethodText : null, request.Id, call?.AcceptsBaggage == true);
        if (isAlone)
            call!.Measure = measure;
        var running = RunCoreAsync(request, entry, cancellationToken);
        if (isTraced && Activity.Current != before)
            Activity.Current = before;
        if (isAlone)
            return running;
        if (!running.IsCompletedSuccessfully)
            return AwaitMeasuredAsync(running, measure);
        measure.End();
        return running;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask AwaitMeasuredAsync(ValueTask running, CallMeasure measure)
    {
        await running.ConfigureAwait(false);
        measure.End();
    }

    private ValueTask RunCoreAsync(RpcRequest request, MethodEntry? entry, CancellationToken cancellationToken)
    {
        var mark = request.Target.Length;
        ValueTask calling;
        try
        {
            if (!request.Envelope.IsValid)
            {
                WriteError(request, JsonRpcErrorCodes.InvalidRequest, "Invalid Request", new JsonObject { ["reason"] = request.Envelope.Reason });
                return default;
            }
            if (cancellationToken.IsCancellationRequested)
            {
                // The batch was given up. A call that has not begun must never run, or a retry runs it twice.
                Refuse(request, JsonRpcErrorCodes.TimedOut, "The call was cancelled before it began.");
                return default;
            }
            if (entry is null)
            {
                Refuse(request, JsonRpcErrorCodes.MethodNotFound, "Method not found");
                return default;
            }
            var call = request.BeginCall(ReferenceEquals(entry, methods.Fallback) ? request.MethodText! : entry.Name);
            if (!request.Envelope.IsNotification)
            {
                RpcResponse.BeginResult(request.Target);
                call.MarkResult();
            }
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
        request.Call.CheckResult();
        if (request.Call.Stream is { IsFramed: true, IsInLast: false })
            throw new InvalidOperationException($"The method '{request.Call.Method}' left its stream unfinished.");
        if (request.Call.Result is { BytesCommitted: 0 } result)
        {
            result.WriteNullValue();
            result.Flush();
        }
        if (request.Envelope.IsNotification)
            request.Target.Truncate(mark);
        else
            RpcResponse.EndResult(request.Target, request.Id);
        request.Call.Stream?.EndLast();
    }

    /// <summary>Removes the partial result, and writes the error instead.</summary>
    /// <remarks>It never throws, whatever the method has done.</remarks>
    private void Fail(RpcRequest request, int mark, Exception exception, CancellationToken cancellationToken)
    {
        request.DropResult();
        if (request.Call.Stream is { } stream && !stream.TryUnframe())
        {
            stream.BeginLast();
            mark = request.Target.Length;
        }
        request.Target.Truncate(mark);
        WriteFailure(request, mark, exception, cancellationToken);
        request.Call.Stream?.EndLast();
    }

    private void WriteFailure(RpcRequest request, int mark, Exception exception, CancellationToken cancellationToken)
    {
        var isOfTheClient = exception is IOException && request.Exchange is { HasBegun: true, IsLost: true };
        if (isOfTheClient || exception is OperationCanceledException && cancellationToken.IsCancellationRequested)
        {
            // The method obeyed its token, so the answer is a time-out. A client that has disconnected from a stream gets nothing.
            Refuse(request, JsonRpcErrorCodes.TimedOut, request.Call is { Stream: not null, ServerStopping.IsCancellationRequested: true }
                ? "The server is stopping." : "The call was cancelled.");
            return;
        }
        if (request.Envelope.IsNotification)
        {
            var code = exception is JsonRpcException known ? known.Code : JsonRpcErrorCodes.InternalError;
            request.SetError(code);
            // A notification gets no answer, so only this report shows the failure. But a caller that exceeds its rate, or repeats its call, must not fill the log.
            if (code is not (JsonRpcErrorCodes.TooManyCalls or JsonRpcErrorCodes.KeyInProgress or JsonRpcErrorCodes.KeyReused or JsonRpcErrorCodes.OutcomeUnknown))
                Report(request, exception);
            return;
        }
        try
        {
            if (exception is JsonRpcException error)
            {
                request.SetError(error.Code);
                // A batch has one status for all of its calls.
                if (error.RefusesUnrun && !request.Exchange.HasBegun && request.Call.BatchIndex < 0)
                    Invite(request.Exchange);
                RpcResponse.WriteError(request.Target, error.Code, error.Message, DataOf(request, error), request.Id);
            }
            else if (exception is BodyTooLargeException tooLarge)
                WriteError(request, JsonRpcErrorCodes.ReplyTooLarge,
                    $"The reply is larger than the limit of {tooLarge.MaxLength} bytes ({nameof(JsonRpcServerOptions)}.{nameof(JsonRpcServerOptions.Limits)}.{nameof(JsonRpcServerLimits.MaxResponseBodySize)} of the server).", errorData: null);
            else
                WriteError(request, JsonRpcErrorCodes.InternalError, "Internal error", ReportForPeer(request, exception));
        }
        catch (Exception inTheError)
        {
            // The error's own message or data could not be written.
            request.Target.Truncate(mark);
            if (inTheError is BodyTooLargeException)
                WriteError(request, JsonRpcErrorCodes.ReplyTooLarge, "The error is larger than a reply may be.", errorData: null);
            else
                WriteError(request, JsonRpcErrorCodes.InternalError, "Internal error", ReportForPeer(request, inTheError));
        }
    }

    /// <summary>Sets the status that tells the client to try again, elsewhere or later.</summary>
    private static void Invite(HttpExchange exchange)
    {
        exchange.StatusCode = 503;
        exchange.CloseConnection = true;
        exchange.ResponseHeaders["Retry-After"] = "1";
    }

    /// <summary>Returns the data of the error.</summary>
    /// <remarks>
    /// An error with an inner exception is reported, since the inner exception is not sent. If the error has no data of its own, its data is the id of the report.
    /// </remarks>
    private JsonNode? DataOf(RpcRequest request, JsonRpcException error)
    {
        var data = error.DataFor(serializer);
        // A method that passes on the error of another server has itself run. Only middleware that runs before the method may say that nothing has run.
        if (CallFailure.IsNotRun(data) && !error.RefusesUnrun && !(request.Call.IsBeforeMethod && request.Call.IsUntouched))
            data = CallFailure.WithoutNotRun(data!);
        var report = error.InnerException is null ? null : ReportForPeer(request, error);
        return data ?? report;
    }

    /// <summary>Answers with an error of the library itself; the error of a notification is reported instead.</summary>
    private void Refuse(RpcRequest request, int code, string message)
    {
        request.SetError(code);
        if (request.Envelope.IsNotification)
            Report(request, new JsonRpcException(code, message));
        else
            WriteError(request, code, message, errorData: null);
    }

    /// <summary>Writes an error with a text of the library.</summary>
    /// <remarks>The size limit does not apply, so that a caller always gets an answer.</remarks>
    private static void WriteError(RpcRequest request, int code, string message, JsonNode? errorData)
    {
        request.SetError(code);
        var limit = request.Target.MaxLength;
        request.Target.MaxLength = int.MaxValue;
        RpcResponse.WriteError(request.Target, code, message, errorData, request.Id);
        request.Target.MaxLength = limit;
    }

    private void Report(RpcRequest request, Exception exception) => FailuresOf(request).Report(exception, CallOf(request, exception));

    private JsonObject ReportForPeer(RpcRequest request, Exception exception) => FailuresOf(request).ReportForPeer(exception, CallOf(request, exception));

    private static FailedCall CallOf(RpcRequest request, Exception exception)
    {
        var code = exception is JsonRpcException error ? error.Code : JsonRpcErrorCodes.InternalError;
        return ServerCall.Failed(request.Exchange, code, request.Exchange.Method == "GET" ? GetStatus.Of(code) : 200, request.MethodText, request.IdText);
    }

    private FailureReport FailuresOf(RpcRequest request) => failures ?? ServerCall.FailuresOf(request.Exchange);
}
