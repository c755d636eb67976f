namespace JsonRpcLite;

/// <summary>Stores the outcomes of calls with an idempotency key (draft-ietf-httpapi-idempotency-key-header).</summary>
/// <remarks>
/// <see cref="MemoryIdempotencyStore"/> stores them in this process; write your own store for several servers. Each member must be atomic for all servers that share the store,
/// also on other machines: of any number of <see cref="BeginAsync"/> calls with one key, at most one gets <see cref="IdempotencyState.New"/>. A store that first reads and then
/// writes would run a call twice. samples/Idempotency has a store for Redis. If <see cref="BeginAsync"/> reserves a key and then fails, the call never runs, and the key is
/// <see cref="IdempotencyState.Unknown"/> when its lease expires. Thread-safe.
/// </remarks>
public abstract class IdempotencyStore
{
    /// <summary>Reserves a key for a call that is about to run, or returns the state of the earlier call with the key.</summary>
    /// <param name="key">The key, including its scope, caller and method.</param>
    /// <param name="fingerprint">The SHA-256 of the call's parameters: the same key with another fingerprint is <see cref="IdempotencyState.KeyReused"/>.</param>
    /// <param name="lease">
    /// The time for which the call counts as running. Afterwards it is unknown whether the call has run: the store must not give the key to another call, and returns
    /// <see cref="IdempotencyState.Unknown"/>, until the call is completed or abandoned.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait for a store that does not answer.</param>
    /// <returns>The state of the key.</returns>
    public abstract ValueTask<IdempotencyEntry> BeginAsync(IdempotencyStoreKey key, ReadOnlyMemory<byte> fingerprint, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Stores the outcome of a call that has ended, for repeated calls.</summary>
    /// <remarks>It has no cancellation token: the caller may have disconnected, but the call has run.</remarks>
    /// <param name="key">The key.</param>
    /// <param name="reservation">The number that <see cref="BeginAsync"/> returned (<see cref="IdempotencyEntry.Reservation"/>); another number has no effect.</param>
    /// <param name="outcome">The outcome to store; valid until the task completes.</param>
    /// <returns>A task that completes when the outcome is stored.</returns>
    public abstract ValueTask CompleteAsync(IdempotencyStoreKey key, long reservation, ReadOnlyMemory<byte> outcome);

    /// <summary>Releases the key of a call that has ended without an outcome to store.</summary>
    /// <param name="key">The key.</param>
    /// <param name="reservation">The number that <see cref="BeginAsync"/> returned; another number has no effect.</param>
    /// <returns>A task that completes when the key is released.</returns>
    public abstract ValueTask AbandonAsync(IdempotencyStoreKey key, long reservation);
}
