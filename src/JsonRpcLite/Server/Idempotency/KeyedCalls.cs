using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>
/// The rules of idempotency keys: a call with a key runs once, and each repetition is answered with what came of it. A reservation stays until the call has ended, also when its
/// caller is gone or was told that it took too long: so it never runs beside itself.
/// </summary>
internal sealed class KeyedCalls(IdempotencyStore store, IdempotencyOptions options)
{
    /// <summary>Whether calls of the method need a key.</summary>
    public bool Requires(JsonRpcMethodInfo method) => method.RequiresIdempotencyKey || options.Required(method);

    /// <summary>What a call without a key is answered, where it needs one.</summary>
    public static JsonRpcException Missing(string what) =>
        Invalid($"{what} needs a key. Send the header '{HeaderFields.IdempotencyKey}: \"...\"', with another key for each thing to be done");

    /// <summary>Reserves the key of a call that is about to run.</summary>
    /// <returns>The reservation; or, where the call has run before, its outcome.</returns>
    /// <exception cref="JsonRpcException">It may not run, and there is no outcome.</exception>
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
    /// <returns>Its result.</returns>
    /// <exception cref="JsonRpcException">Its error.</exception>
    public static ReadOnlySpan<byte> Replay(HttpExchange exchange, KeyedCall call, int batchIndex)
    {
        // The header is that of the whole reply.
        if (batchIndex < 0)
            exchange.AddStandingHeader("Idempotent-Replayed", "true");
        return KeptOutcome.ResultOf(call.Outcome).Span;
    }

    /// <summary>The call has ended; without an outcome it may run again.</summary>
    /// <remarks>
    /// Without a token: it has run, also where its caller has left. A store that fails now costs the caller nothing but the repetition, which is answered "unknown".
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
            var failure = new InvalidOperationException($"The store of idempotency keys has failed after a call, whose outcome is not kept. {Sentence.Of(e.Message)}", e);
            ServerCall.FailuresOf(exchange).Report(failure, ServerCall.Failed(exchange, JsonRpcErrorCodes.InternalError, statusCode: 200, method));
        }
    }

    private IdempotencyStoreKey KeyOf(HttpExchange exchange, ClaimsPrincipal? user, string? method, int batchIndex, string field)
    {
        var key = IdempotencyKeyField.Read(field)
            ?? throw Invalid($"'{HeaderFields.IdempotencyKey}' holds one key of 1 to {IdempotencyKeyField.MaxLength} printable ASCII characters, in quotation marks");
        var caller = CallerOfKey.Of(user, exchange)
            ?? throw Invalid("the caller is authenticated without a name, an id or a token, so that nothing tells its keys from those of others");
        return new(caller, $"{CallerOfKey.Part(options.Scope)}{CallerOfKey.Part(caller)}{(method is null ? "plain" : CallerOfKey.Part(method))}{batchIndex}:{key}");
    }

    private JsonRpcException Refusal(IdempotencyState state) => state switch
    {
        IdempotencyState.InProgress => new(JsonRpcErrorCodes.KeyInProgress, "A call with this idempotency key still runs.",
            new JsonObject { ["retryAfterMs"] = (long)Math.Ceiling(options.RetryAfter.TotalMilliseconds) }),
        IdempotencyState.KeyReused => new(JsonRpcErrorCodes.KeyReused, "The idempotency key belongs to a call with other parameters."),
        IdempotencyState.Unknown => KeptOutcome.Unknown(),
        IdempotencyState.Full => new(JsonRpcErrorCodes.Refused, "The server has no room for another idempotency key.") { RefusesUnrun = true },
        _ => throw new InvalidOperationException($"The store of idempotency keys has returned the state {state}."),
    };

    private static JsonRpcException Invalid(string reason) => new(JsonRpcErrorCodes.InvalidRequest, $"Invalid Request: {reason}.");
}

/// <summary>A call with a key.</summary>
/// <param name="Key">The key, as the store knows it.</param>
/// <param name="Reservation">Of a call that runs now.</param>
/// <param name="HasRun">Whether it has run before.</param>
/// <param name="Outcome">What came of it then.</param>
internal readonly record struct KeyedCall(IdempotencyStoreKey Key, long Reservation, bool HasRun, ReadOnlyMemory<byte> Outcome);
