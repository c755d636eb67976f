using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>The rules of idempotency keys: a call with a key runs once, and each repetition gets the outcome of that call.</summary>
/// <remarks>A reservation stays until the call has ended, even if its caller has disconnected or has got a time-out. So a call never runs twice at the same time.</remarks>
internal sealed class KeyedCalls(IdempotencyStore store, IdempotencyOptions options)
{
    /// <summary>Whether calls of the method require a key.</summary>
    public bool Requires(JsonRpcMethodInfo method) => method.RequiresIdempotencyKey || options.Required(method);

    /// <summary>Makes the error of a call that requires a key and has none.</summary>
    public static JsonRpcException Missing(string what) =>
        Invalid($"{what} needs a key. Send the header '{HeaderFields.IdempotencyKey}: \"...\"', with a new key for each operation");

    /// <summary>Reserves the key of a call that is about to run.</summary>
    /// <returns>The reservation; or the outcome, if the call has run before.</returns>
    /// <exception cref="JsonRpcException">The call may not run, and there is no outcome.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled meanwhile. The call has not run, and its key is free.</exception>
    public async ValueTask<KeyedCall> BeginAsync(
        HttpExchange exchange, ClaimsPrincipal? user, string? method, int batchIndex, string field, ReadOnlyMemory<byte> parameters, CancellationToken cancellationToken)
    {
        var key = KeyOf(exchange, user, method, batchIndex, field);
        var entry = await store.BeginAsync(key, SHA256.HashData(parameters.Span), options.Lease, cancellationToken).ConfigureAwait(false);
        if (entry.State is not (IdempotencyState.New or IdempotencyState.Completed))
            throw Refusal(entry.State);
        var call = new KeyedCall(key, entry.Reservation, HasRun: entry.State == IdempotencyState.Completed, entry.Outcome);
        if (!call.HasRun && cancellationToken.IsCancellationRequested)
        {
            await EndAsync(exchange, call, outcome: null, method).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
        return call;
    }

    /// <summary>Answers a call that has run before.</summary>
    /// <returns>The stored result.</returns>
    /// <exception cref="JsonRpcException">The stored outcome is an error.</exception>
    public static ReadOnlySpan<byte> Replay(HttpExchange exchange, KeyedCall call, int batchIndex)
    {
        // The header applies to the whole reply, so it is not set for an entry of a batch.
        if (batchIndex < 0)
            exchange.AddStandingHeader("Idempotent-Replayed", "true");
        return KeptOutcome.ResultOf(call.Outcome).Span;
    }

    /// <summary>Stores the outcome of a call that has ended; without an outcome it may run again.</summary>
    /// <remarks>
    /// It takes no token, since the call has run even if its caller has disconnected. If the store fails now, the caller still gets its reply; a repetition is answered
    /// "unknown".
    /// </remarks>
    public async ValueTask EndAsync(HttpExchange exchange, KeyedCall call, byte[]? outcome, string? method)
    {
        try
        {
            if (outcome is null)
                await store.AbandonAsync(call.Key, call.Reservation).ConfigureAwait(false);
            else
                await store.CompleteAsync(call.Key, call.Reservation, outcome).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            var failure = new InvalidOperationException($"The store of idempotency keys failed after a call, so the call's outcome is not stored. {Sentence.Of(e.Message)}", e);
            ServerCall.FailuresOf(exchange).Report(failure, ServerCall.Failed(exchange, JsonRpcErrorCodes.InternalError, statusCode: 200, method));
        }
    }

    private IdempotencyStoreKey KeyOf(HttpExchange exchange, ClaimsPrincipal? user, string? method, int batchIndex, string field)
    {
        var key = IdempotencyKeyField.Read(field)
            ?? throw Invalid($"'{HeaderFields.IdempotencyKey}' must hold one key of 1 to {IdempotencyKeyField.MaxLength} printable ASCII characters, in quotation marks");
        var caller = CallerOfKey.Of(user, exchange)
            ?? throw Invalid("the authenticated caller has no name, id or token that distinguishes its keys from those of other callers");
        return new(caller, $"{CallerOfKey.Part(options.Scope)}{CallerOfKey.Part(caller)}{(method is null ? "plain" : CallerOfKey.Part(method))}{batchIndex}:{key}");
    }

    private JsonRpcException Refusal(IdempotencyState state) => state switch
    {
        IdempotencyState.InProgress => new(JsonRpcErrorCodes.KeyInProgress, "A call with this idempotency key still runs.",
            new JsonObject { ["retryAfterMs"] = (long)Math.Ceiling(options.RetryAfter.TotalMilliseconds) }),
        IdempotencyState.KeyReused => new(JsonRpcErrorCodes.KeyReused, "The idempotency key belongs to a call with other parameters."),
        IdempotencyState.Unknown => KeptOutcome.Unknown(),
        IdempotencyState.Full => new(JsonRpcErrorCodes.Refused, "The server's store of idempotency keys is full; try again.") { RefusesUnrun = true },
        _ => throw new InvalidOperationException($"The store of idempotency keys has returned the state {state}."),
    };

    private static JsonRpcException Invalid(string reason) => new(JsonRpcErrorCodes.InvalidRequest, $"Invalid Request: {reason}.");
}

/// <summary>A call with a key.</summary>
/// <param name="Key">The key, in the form that the store uses.</param>
/// <param name="Reservation">The reservation of a call that runs now.</param>
/// <param name="HasRun">Whether the call has run before.</param>
/// <param name="Outcome">The outcome of a call that has run before.</param>
internal readonly record struct KeyedCall(IdempotencyStoreKey Key, long Reservation, bool HasRun, ReadOnlyMemory<byte> Outcome);
