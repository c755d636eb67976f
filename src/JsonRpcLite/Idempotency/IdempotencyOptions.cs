namespace JsonRpcLite;

/// <summary>The options for calls with an idempotency key.</summary>
/// <remarks>Values are copied when the options are passed to a server.</remarks>
public sealed class IdempotencyOptions
{
    /// <summary>The time after which the outcome of a running call counts as unknown.</summary>
    /// <remarks>
    /// From then on, calls with its key are answered with -32022 (<see cref="JsonRpcErrorCodes.OutcomeUnknown"/>), and the call is not run again. If it ends later, its outcome
    /// is stored.
    /// </remarks>
    /// <value>Above 0 and at most 24 days; 10 min by default. It should be longer than any call takes.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan Lease { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromMinutes(10);

    /// <summary>The wait that error -32020 requests while a call with the same key runs (<c>retryAfterMs</c>).</summary>
    /// <value>Above 0 and at most 24 days; 500 ms by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan RetryAfter { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromMilliseconds(500);

    /// <summary>The scope of the keys in a store that servers share, such as the name of the service.</summary>
    /// <remarks>Servers that do the same work, and may answer each other's repeated calls, use the same scope.</remarks>
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

    /// <summary>Returns whether a method needs a key; a call without one is answered with -32600.</summary>
    /// <remarks><see cref="JsonRpcMethodAttribute.RequiresIdempotencyKey"/> on a method has the same effect.</remarks>
    /// <value>No method by default. The function is called once for each method when a server starts.</value>
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
