using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace JsonRpcLite;

/// <summary>The boundary of all handlers: turns every exception into a reply.</summary>
/// <remarks>
/// Only a <see cref="JsonRpcException"/> or an <see cref="HttpRefusalException"/> shows its message to the peer. The details of all other exceptions go to the failure report.
/// </remarks>
/// <param name="errors">The format of errors.</param>
/// <param name="failures">The receiver of unexpected exceptions; <c>null</c> selects that of the exchange's server.</param>
/// <param name="serializerOptions">The options for the data of errors; <c>null</c> selects the library's defaults.</param>
/// <param name="next">The handler inside the boundary.</param>
internal sealed class ErrorBoundary(ErrorReply errors, FailureReport? failures, JsonSerializerOptions? serializerOptions, HttpExchangeHandler next)
{
    /// <summary>The serializer, created when an error has data that is not JSON yet.</summary>
    private readonly Lazy<JsonRpcSerializer> _serializer = new(() => JsonRpcSerializer.For(serializerOptions));

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        try
        {
            await next(exchange, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exchange.HasBegun)
        {
            // The part that was sent cannot be taken back, and must not look complete. A disconnected client, and a function that its token has ended, are expected.
            if (exception is not IOException && !(exception is OperationCanceledException && exchange.Cancellation.IsCancellationRequested))
                (failures ?? ServerCall.FailuresOf(exchange)).Report(exception, ServerCall.Failed(exchange, JsonRpcErrorCodes.InternalError, exchange.StatusCode));
            // The reply to a HEAD is complete with its head.
            if (exchange.Method != "HEAD")
                exchange.BreakStream();
        }
        catch (OperationCanceledException) when (exchange.IsLost || cancellationToken.IsCancellationRequested)
        {
            // The function obeyed its token. Most such callers have disconnected; one that still waits must not take the reply for a success.
            exchange.ClearResponse();
            exchange.CloseConnection = true;
            errors.Fail(exchange, 504, JsonRpcErrorCodes.TimedOut, "The call was cancelled.", errorData: null);
        }
        catch (Exception exception)
        {
            Answer(exchange, exception);
        }
    }

    private void Answer(HttpExchange exchange, Exception exception)
    {
        if (exchange.IsLost && exception is HttpRefusalException or IOException)
            return;
        exchange.ClearResponse();
        try
        {
            switch (exception)
            {
                case HttpRefusalException refusal:
                    exchange.CloseConnection = true;
                    if (refusal.RetryAfter is { } wait)
                        exchange.ResponseHeaders["Retry-After"] = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
                    errors.Refuse(exchange, refusal.StatusCode, refusal.Message);
                    break;
                case JsonRpcException { RefusesUnrun: true } refusal:
                    errors.RefuseUnrun(exchange, refusal.Message, saysNotRun: false);
                    break;
                case JsonRpcException error:
                    var data = error.DataFor(_serializer.Value);
                    // Code that throws this exception has run.
                    if (CallFailure.IsNotRun(data))
                        data = CallFailure.WithoutNotRun(data!);
                    // The inner exception is not sent to the peer, so it is reported here.
                    var report = error.InnerException is null
                        ? null : (failures ?? ServerCall.FailuresOf(exchange)).ReportForPeer(error, ServerCall.Failed(exchange, error.Code, StatusOf(error.Code)));
                    errors.Fail(exchange, StatusOf(error.Code), error.Code, error.Message, data ?? report);
                    break;
                case BodyTooLargeException tooLarge:
                    errors.Fail(exchange, 500, JsonRpcErrorCodes.ReplyTooLarge,
                        $"The reply is larger than the limit of {tooLarge.MaxLength} bytes ({nameof(JsonRpcServerOptions)}.{nameof(JsonRpcServerOptions.Limits)}.{nameof(JsonRpcServerLimits.MaxResponseBodySize)} of the server).", errorData: null);
                    break;
                default:
                    errors.FailUnexpectedly(exchange, exception, failures ?? ServerCall.FailuresOf(exchange));
                    break;
            }
        }
        catch (Exception inTheAnswer)
        {
            // The error's own data could not be written: it is too large, or cannot be JSON.
            exchange.ClearResponse();
            errors.FailUnexpectedly(exchange, inTheAnswer, failures ?? ServerCall.FailuresOf(exchange));
        }
    }

    /// <summary>Returns the HTTP status of a failed plain call, which is never 200, so that it is not taken for a success.</summary>
    private static int StatusOf(int code) => code switch
    {
        JsonRpcErrorCodes.ParseError or JsonRpcErrorCodes.InvalidRequest or JsonRpcErrorCodes.InvalidParams => 400,
        JsonRpcErrorCodes.MethodNotFound => 404,
        // The status codes of draft-ietf-httpapi-idempotency-key-header.
        JsonRpcErrorCodes.KeyInProgress or JsonRpcErrorCodes.OutcomeUnknown => 409,
        JsonRpcErrorCodes.KeyReused => 422,
        _ => 500,
    };
}
