namespace JsonRpcLite;

/// <summary>Options for some calls of a client; see <see cref="JsonRpcClient.With"/>.</summary>
/// <remarks>Immutable.</remarks>
public sealed class JsonRpcCallOptions
{
    /// <summary>The idempotency of the call, if the caller knows it.</summary>
    /// <remarks>
    /// It determines which failures are retried (<see cref="JsonRpcClientOptions.Retry"/>). Use <see cref="JsonRpcIdempotency.Idempotent"/> only for a call that may run twice: a
    /// call whose reply was lost has run, and a retry runs it again.
    /// </remarks>
    /// <value><c>null</c> by default: a call through a contract has the contract's idempotency, and that of any other call is unknown.</value>
    public JsonRpcIdempotency? Idempotency { get; init; }

    /// <summary>The key by which the server recognizes a repeated call; sent as <see cref="HeaderFields.IdempotencyKey"/>.</summary>
    /// <remarks>
    /// A call with a key runs once, however often it is sent, on a server that stores keys (<see cref="JsonRpcMethods.UseIdempotency"/>); on any other server the key has no
    /// effect. Create a new key for each operation, such as a <see cref="Guid"/> that is stored with an order, and reuse it only for the same operation.
    /// </remarks>
    /// <value>1 to 255 characters of printable ASCII; <c>null</c>, the default, sends none.</value>
    /// <exception cref="ArgumentException">The key is empty, longer, or has other characters.</exception>
    public string? IdempotencyKey
    {
        get;
        init
        {
            if (value is not null && !IdempotencyKeyField.IsKey(value))
                throw new ArgumentException(
                    $"{nameof(IdempotencyKey)} must have 1 to {IdempotencyKeyField.MaxLength} characters, all of them printable ASCII.", nameof(IdempotencyKey));
            field = value;
        }
    }

    /// <summary>The time-out of the call, including all attempts; replaces <see cref="JsonRpcClientOptions.Timeout"/>.</summary>
    /// <value>Above 0 and at most 24 days, or <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>; <c>null</c>, the default, uses the time-out of the client.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan? Timeout { get; init => field = value is { } time ? SettingCheck.TimeAboveZeroOrInfinite(time) : null; }

    /// <summary>Returns these options, with the values of an earlier <see cref="JsonRpcClient.With"/> where these are <c>null</c>.</summary>
    internal JsonRpcCallOptions JoinTo(JsonRpcCallOptions? earlier) => earlier is null ? this : new()
    {
        Idempotency = Idempotency ?? earlier.Idempotency,
        IdempotencyKey = IdempotencyKey ?? earlier.IdempotencyKey,
        Timeout = Timeout ?? earlier.Timeout,
    };
}
