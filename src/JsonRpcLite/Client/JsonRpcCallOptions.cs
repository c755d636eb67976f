namespace JsonRpcLite;

/// <summary>What holds for some calls of a client alone; see <see cref="JsonRpcClient.With"/>. Immutable.</summary>
public sealed class JsonRpcCallOptions
{
    /// <summary>What happens when the call is repeated, where the caller knows it.</summary>
    /// <remarks>
    /// It decides which failures are tried again (<see cref="JsonRpcClientOptions.Retry"/>). Say <see cref="JsonRpcIdempotency.Idempotent"/> only of what may run twice: a call
    /// whose reply was lost has run, and runs again.
    /// </remarks>
    /// <value><c>null</c> by default: for a call through a contract, what the contract says; for any other nothing is known.</value>
    public JsonRpcIdempotency? Idempotency { get; init; }

    /// <summary>
    /// The key by which the server tells a repeated call from a new one, sent as <see cref="HeaderFields.IdempotencyKey"/>. A call with a key runs once, however often it is sent,
    /// on a server that keeps keys (<see cref="JsonRpcMethods.UseIdempotency"/>); on any other server the key does nothing.
    /// </summary>
    /// <remarks>Make a new one for each thing to be done, such as a <see cref="Guid"/> that is kept with an order, and use it again for the same thing alone.</remarks>
    /// <value>1 to 255 characters of printable ASCII; <c>null</c>, the default, sends none.</value>
    /// <exception cref="ArgumentException">The key is empty, longer, or has other characters.</exception>
    public string? IdempotencyKey
    {
        get;
        init
        {
            if (value is not null && !IdempotencyKeyField.IsKey(value))
                throw new ArgumentException(
                    $"An {nameof(IdempotencyKey)} has 1 to {IdempotencyKeyField.MaxLength} characters, all of them printable ASCII.", nameof(IdempotencyKey));
            field = value;
        }
    }

    /// <summary>How long the call may take, all attempts included, in place of <see cref="JsonRpcClientOptions.Timeout"/>.</summary>
    /// <value>Above 0 and at most 24 days, or <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>; <c>null</c>, the default, leaves it as the client's options say.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan? Timeout { get; init => field = value is { } time ? SettingCheck.TimeAboveZeroOrInfinite(time) : null; }

    /// <summary>These options, with those of an earlier <see cref="JsonRpcClient.With"/> where these say nothing.</summary>
    internal JsonRpcCallOptions JoinTo(JsonRpcCallOptions? earlier) => earlier is null ? this : new()
    {
        Idempotency = Idempotency ?? earlier.Idempotency,
        IdempotencyKey = IdempotencyKey ?? earlier.IdempotencyKey,
        Timeout = Timeout ?? earlier.Timeout,
    };
}
