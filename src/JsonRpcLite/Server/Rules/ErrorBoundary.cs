using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace JsonRpcLite;

/// <summary>
/// The handler boundary: whatever is thrown inside becomes a reply here, and only a <see cref="JsonRpcException"/> or a
/// <see cref="HttpRefusalException"/> shows anything of itself in it. The details of the rest go to the failure report.
/// </summary>
/// <param name="errors">How errors look.</param>
/// <param name="failures">Where unexpected exceptions go; <c>null</c> leaves them to the server that the exchange belongs to.</param>
/// <param name="serializerOptions">How the data of errors becomes JSON; <c>null</c> for the library's own way.</param>
/// <param name="next">What is guarded.</param>
internal sealed class ErrorBoundary(ErrorReply errors, FailureReport? failures, JsonSerializerOptions? serializerOptions, HttpExchangeHandler next)
{
    /// <summary>Made when an error has data that is not JSON yet.</summary>
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
            // What has left cannot be taken back, and must not look whole. A disconnected client, and a function that has ended since its token was cancelled, are everyday.
            if (exception is not IOException && !(exception is OperationCanceledException && exchange.Cancellation.IsCancellationRequested))
                (failures ?? ServerCall.FailuresOf(exchange)).Report(exception, ServerCall.Failed(exchange, JsonRpcErrorCodes.InternalError, exchange.StatusCode));
            // To HEAD all of the reply has left with its head.
            if (exchange.Method != "HEAD")
                exchange.BreakStream();
        }
        catch (OperationCanceledException) when (exchange.IsLost || cancellationToken.IsCancellationRequested)
        {
            // The function did as it was told. Hardly anybody waits for this answer, but whoever does must not take it for success.
            exchange.ClearResponse();
            exchange.CloseConnection = true;
            errors.Fail(exchange, 504, JsonRpcErrorCodes.TimedOut, "The call was ended.", errorData: null);
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
                    // What throws here has run.
                    if (CallFailure.IsNotRun(data))
                        data = CallFailure.WithoutNotRun(data!);
                    // The cause does not travel, and must be heard of somewhere.
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
            // The error's own data could not be written: too large, or no JSON.
            exchange.ClearResponse();
            errors.FailUnexpectedly(exchange, inTheAnswer, failures ?? ServerCall.FailuresOf(exchange));
        }
    }

    /// <summary>A plain call that failed is never 200, or it could be taken for success.</summary>
    private static int StatusOf(int code) => code switch
    {
        JsonRpcErrorCodes.ParseError or JsonRpcErrorCodes.InvalidRequest or JsonRpcErrorCodes.InvalidParams => 400,
        JsonRpcErrorCodes.MethodNotFound => 404,
        // As draft-ietf-httpapi-idempotency-key-header has them.
        JsonRpcErrorCodes.KeyInProgress or JsonRpcErrorCodes.OutcomeUnknown => 409,
        JsonRpcErrorCodes.KeyReused => 422,
        _ => 500,
    };
}
