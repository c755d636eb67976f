using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>
/// Runs a call with an idempotency key once, and answers each repetition with what came of it. A reservation stays until the method has ended, also when its caller is gone or was
/// told that it took too long: so it never runs beside itself.
/// </summary>
internal sealed class KeyedMethod(IdempotencyStore store, IdempotencyOptions options, JsonRpcSerializer serializer, bool isRequired, JsonRpcMethod next)
{
    public ValueTask CallAsync(JsonRpcCall call, CancellationToken cancellationToken)
    {
        if (call.Exchange.RequestHeaders[HeaderFields.IdempotencyKey] is { } field)
            return CallAsync(call, field, cancellationToken);
        if (isRequired)
            throw Invalid($"the method '{call.Method}' needs a key. Send the header '{HeaderFields.IdempotencyKey}: \"...\"', with another key for each thing to be done");
        return next(call, cancellationToken);
    }

    private async ValueTask CallAsync(JsonRpcCall call, string field, CancellationToken cancellationToken)
    {
        var key = KeyOf(call, field);
        var entry = await store.BeginAsync(key, SHA256.HashData(call.Parameters.Span), options.Lease, cancellationToken).ConfigureAwait(false);
        switch (entry.State)
        {
            case IdempotencyState.New:
                await RunAsync(call, key, entry.Reservation, cancellationToken).ConfigureAwait(false);
                break;
            case IdempotencyState.Completed:
                if (call.BatchIndex < 0)
                    call.Exchange.ResponseHeaders["Idempotent-Replayed"] = "true";
                KeptOutcome.Replay(entry.Outcome.Span, call);
                break;
            default:
                throw Refusal(entry.State);
        }
    }

    private async ValueTask RunAsync(JsonRpcCall call, IdempotencyStoreKey key, long reservation, CancellationToken cancellationToken)
    {
        byte[]? outcome = null;
        try
        {
            // What has left as a stream could not be kept.
            call.IsWhole = true;
            await next(call, cancellationToken).ConfigureAwait(false);
            outcome = KeptOutcome.OfResult(call.WrittenResult);
        }
        catch (JsonRpcException e)
        {
            outcome = e.HasEndedLate ? KeptOutcome.OfResult(call.WrittenResult) : KeptOutcome.OfError(e, serializer);
            throw;
        }
        finally
        {
            await EndAsync(call, key, reservation, outcome).ConfigureAwait(false);
        }
    }

    /// <summary>With no token: the call has run, whoever still waits for it. A store that fails now costs the caller nothing but the repetition, which is answered "unknown".</summary>
    private async ValueTask EndAsync(JsonRpcCall call, IdempotencyStoreKey key, long reservation, byte[]? outcome)
    {
        try
        {
            if (outcome is null)
                await store.AbandonAsync(key, reservation).ConfigureAwait(false);
            else
                await store.CompleteAsync(key, reservation, outcome).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            var failure = new InvalidOperationException($"The store of idempotency keys has failed after a call of '{call.Method}', whose outcome is not kept. {Sentence.Of(e.Message)}", e);
            ServerCall.FailuresOf(call.Exchange).Report(failure, ServerCall.Failed(call.Exchange, JsonRpcErrorCodes.InternalError, statusCode: 200, call.Method));
        }
    }

    private static IdempotencyStoreKey KeyOf(JsonRpcCall call, string field)
    {
        var key = IdempotencyKeyField.Read(field)
            ?? throw Invalid($"'{HeaderFields.IdempotencyKey}' holds one key of 1 to {IdempotencyKeyField.MaxLength} printable ASCII characters, in quotation marks");
        var caller = CallerOfKey.Of(call.User, call.Exchange)
            ?? throw Invalid("the caller is authenticated without a name, an id or a token, so that nothing tells its keys from those of others");
        return new(caller, $"{CallerOfKey.Part(caller)}{CallerOfKey.Part(call.Method)}{call.BatchIndex}:{key}");
    }

    private JsonRpcException Refusal(IdempotencyState state) => state switch
    {
        IdempotencyState.InProgress => new(JsonRpcErrorCodes.KeyInProgress, "A call with this idempotency key still runs.",
            new JsonObject { ["retryAfterMs"] = (long)Math.Ceiling(options.RetryAfter.TotalMilliseconds) }),
        IdempotencyState.KeyReused => new(JsonRpcErrorCodes.KeyReused, "The idempotency key belongs to a call with other parameters."),
        IdempotencyState.Unknown => new(JsonRpcErrorCodes.OutcomeUnknown, "A call with this idempotency key has begun, and what became of it is unknown."),
        IdempotencyState.Full => new(JsonRpcErrorCodes.Refused, "The server has no room for another idempotency key.") { RefusesUnrun = true },
        _ => throw new InvalidOperationException($"The store of idempotency keys has returned the state {state}."),
    };

    private static JsonRpcException Invalid(string reason) => new(JsonRpcErrorCodes.InvalidRequest, $"Invalid Request: {reason}.");
}
