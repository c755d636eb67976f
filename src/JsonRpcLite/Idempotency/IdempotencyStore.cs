namespace JsonRpcLite;

/// <summary>
/// Keeps what became of calls with an idempotency key (draft-ietf-httpapi-idempotency-key-header).
/// </summary>
/// <remarks>
/// <see cref="MemoryIdempotencyStore"/> keeps them in this process; write a store of your own for several servers. Each member must be atomic for all that share the store,
/// also on other machines: of any number of <see cref="BeginAsync"/> with one key at most one gets <see cref="IdempotencyState.New"/>. A store that reads first and writes then
/// runs a call twice. samples/Idempotency has one for Redis. A key that was reserved by a <see cref="BeginAsync"/> which then failed has never run, and is
/// <see cref="IdempotencyState.Unknown"/> when its lease is over. Thread-safe.
/// </remarks>
public abstract class IdempotencyStore
{
    /// <summary>Reserves a key for a call that is about to run, or says what became of the call that had it before.</summary>
    /// <param name="key">The key, with all that tells it from the same key of others.</param>
    /// <param name="fingerprint">The SHA-256 of what the call was asked with: a key with another one is <see cref="IdempotencyState.KeyReused"/>.</param>
    /// <param name="lease">
    /// How long the reservation counts as running. Afterwards it is unknown whether the call has run: the store must not give the key away, and answers
    /// <see cref="IdempotencyState.Unknown"/>, until the call is completed or abandoned after all.
    /// </param>
    /// <param name="cancellationToken">Ends the wait for a store that does not answer.</param>
    /// <returns>What is known of the key.</returns>
    public abstract ValueTask<IdempotencyEntry> BeginAsync(IdempotencyStoreKey key, ReadOnlyMemory<byte> fingerprint, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Keeps the outcome of a call that has ended, for repetitions of the call.</summary>
    /// <remarks>There is no token to cancel it: the caller may have left, and the call has run all the same.</remarks>
    /// <param name="key">The key.</param>
    /// <param name="reservation">What <see cref="BeginAsync"/> has given (<see cref="IdempotencyEntry.Reservation"/>); with another one nothing happens.</param>
    /// <param name="outcome">What to keep; lent until the task ends.</param>
    /// <returns>A task that ends when the outcome is kept.</returns>
    public abstract ValueTask CompleteAsync(IdempotencyStoreKey key, long reservation, ReadOnlyMemory<byte> outcome);

    /// <summary>Frees the key of a call that has ended without an outcome to keep.</summary>
    /// <param name="key">The key.</param>
    /// <param name="reservation">What <see cref="BeginAsync"/> has given; with another one nothing happens.</param>
    /// <returns>A task that ends when the key is free.</returns>
    public abstract ValueTask AbandonAsync(IdempotencyStoreKey key, long reservation);
}
