namespace JsonRpcLite;

/// <summary>How a server treats calls with an idempotency key. Values are copied when they are given.</summary>
public sealed class IdempotencyOptions
{
    /// <summary>
    /// How long a call may run until it counts as lost. From then on its key is answered -32022 (<see cref="JsonRpcErrorCodes.OutcomeUnknown"/>), and not run again; when the call
    /// ends after all, its outcome is kept as ever.
    /// </summary>
    /// <value>Above 0 and at most 24 days; 10 min by default. It should be longer than any call takes.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan Lease { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromMinutes(10);

    /// <summary>What callers are told to wait while a call with the same key runs (<c>retryAfterMs</c>).</summary>
    /// <value>Above 0 and at most 24 days; 500 ms by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan RetryAfter { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Tells the keys of this server from those of others in the same store, such as the name of the service. Servers that do the same work, and may answer each other's
    /// repetitions, have the same.
    /// </summary>
    /// <value>Empty by default.</value>
    /// <exception cref="ArgumentNullException">The value is <c>null</c>.</exception>
    public string Scope
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value, nameof(Scope));
            field = value;
        }
    } = "";

    /// <summary>Which methods need a key: a call without is answered -32600. <see cref="JsonRpcMethodAttribute.RequiresIdempotencyKey"/> says the same at a method.</summary>
    /// <value>None by default. Asked once for each method when a server starts.</value>
    /// <exception cref="ArgumentNullException">The value is <c>null</c>.</exception>
    public Func<JsonRpcMethodInfo, bool> Required
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value, nameof(Required));
            field = value;
        }
    } = static _ => false;

    internal IdempotencyOptions Copy() => (IdempotencyOptions)MemberwiseClone();
}
