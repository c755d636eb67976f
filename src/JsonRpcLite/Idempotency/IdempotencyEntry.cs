namespace JsonRpcLite;

/// <summary>What a store knows of a key.</summary>
/// <param name="State">What became of its call.</param>
/// <param name="Reservation">For <see cref="IdempotencyState.New"/>: what tells this reservation from others, to complete or abandon it.</param>
/// <param name="Outcome">For <see cref="IdempotencyState.Completed"/>: what was kept. The memory is the reader's to keep, and must not change.</param>
public readonly record struct IdempotencyEntry(IdempotencyState State, long Reservation = 0, ReadOnlyMemory<byte> Outcome = default);

/// <summary>What became of the call with a key.</summary>
public enum IdempotencyState
{
    /// <summary>It has begun, and it is unknown whether it has done its work: its lease is over, or its outcome is not kept.</summary>
    Unknown,

    /// <summary>There was none: the key is reserved now, and the call runs.</summary>
    New,

    /// <summary>It still runs.</summary>
    InProgress,

    /// <summary>It has ended, and its outcome is there.</summary>
    Completed,

    /// <summary>It was another call, with other parameters.</summary>
    KeyReused,

    /// <summary>There is no room for another key.</summary>
    Full,
}
