namespace JsonRpcLite;

/// <summary>The state of a key in a store.</summary>
/// <param name="State">The state of the key's call.</param>
/// <param name="Reservation">For <see cref="IdempotencyState.New"/>: the number of this reservation, to complete or abandon it.</param>
/// <param name="Outcome">For <see cref="IdempotencyState.Completed"/>: the stored outcome. The reader may keep the memory, so the store must not change it.</param>
public readonly record struct IdempotencyEntry(IdempotencyState State, long Reservation = 0, ReadOnlyMemory<byte> Outcome = default);

/// <summary>The state of the call with a key.</summary>
public enum IdempotencyState
{
    /// <summary>The call has begun, and it is unknown whether it has done its work: its lease has expired, or its outcome is not stored.</summary>
    Unknown,

    /// <summary>There was no call with this key: the key is now reserved, and the call runs.</summary>
    New,

    /// <summary>The call still runs.</summary>
    InProgress,

    /// <summary>The call has ended, and its outcome is stored.</summary>
    Completed,

    /// <summary>The key belongs to another call, with other parameters.</summary>
    KeyReused,

    /// <summary>The store is full.</summary>
    Full,
}
