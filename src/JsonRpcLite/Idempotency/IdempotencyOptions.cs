namespace JsonRpcLite;

/// <summary>How a server treats calls with an idempotency key. Values are copied when they are given.</summary>
public sealed class IdempotencyOptions
{
    /// <summary>How long a call may run until its outcome counts as unknown.</summary>
    /// <remarks>
    /// From then on its key is answered -32022 (<see cref="JsonRpcErrorCodes.OutcomeUnknown"/>), and the call is not run again. When it ends after all, its outcome is kept.
    /// </remarks>
    /// <value>Above 0 and at most 24 days; 10 min by default. It should be longer than any call takes.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan Lease { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromMinutes(10);

    /// <summary>The wait that the error -32020 asks of a caller while a call with the same key runs (<c>retryAfterMs</c>).</summary>
    /// <value>Above 0 and at most 24 days; 500 ms by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan RetryAfter { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromMilliseconds(500);

    /// <summary>Tells the keys of this server from those of others in the same store, such as the name of the service.</summary>
    /// <remarks>Servers that do the same work, and may answer each other's repetitions, have the same scope.</remarks>
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

    /// <summary>Which methods need a key: a call without one is answered -32600.</summary>
    /// <remarks><see cref="JsonRpcMethodAttribute.RequiresIdempotencyKey"/> says the same at a method.</remarks>
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
