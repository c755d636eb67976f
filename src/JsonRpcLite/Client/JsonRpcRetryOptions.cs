namespace JsonRpcLite;

/// <summary>The rules by which a client retries failed calls: <see cref="JsonRpcClientOptions.Retry"/>.</summary>
/// <remarks>
/// <para>Values are copied when the client is created.</para>
/// <para>A call is retried only if that is safe. Any call is retried that the server has not run, because it could not be reached or said so. After any other failure of the
/// network or of a busy server, only calls are retried that are marked (<see cref="JsonRpcIdempotency"/>) or have a key (<see cref="JsonRpcCallOptions.IdempotencyKey"/>). Errors
/// of functions are answers, and are never retried. docs/resilience.md has the table.</para>
/// <para>The waits grow from <see cref="InitialBackoff"/> by <see cref="BackoffMultiplier"/> to <see cref="MaxBackoff"/>, each with a random part of 20 % up or down.
/// <see cref="JsonRpcClientOptions.Timeout"/> bounds all attempts and waits together: if a wait would be longer than the remaining time, the last failure is thrown at
/// once.</para>
/// <para>The names and the rules of the budget are those of gRPC (gRFC A6).</para>
/// </remarks>
public sealed class JsonRpcRetryOptions
{
    /// <summary>The maximum number of attempts, including the first.</summary>
    /// <value>1 to 5; 3 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxAttempts { get; set => field = SettingCheck.Between(1, 5, value); } = 3;

    /// <summary>The wait before the second attempt.</summary>
    /// <value>Above 0 and at most 24 days; 100 ms by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan InitialBackoff { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromMilliseconds(100);

    /// <summary>The maximum of the waits that grow from <see cref="InitialBackoff"/>.</summary>
    /// <value>Above 0 and at most 24 days; 1 s by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan MaxBackoff { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromSeconds(1);

    /// <summary>The factor by which each wait is longer than the one before.</summary>
    /// <value>1 to 100; 2 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public double BackoffMultiplier { get; set => field = SettingCheck.That(value is >= 1 and <= 100, value, "at least 1 and at most 100"); } = 2;

    /// <summary>The retry budget of the client, in tokens.</summary>
    /// <remarks>
    /// Each retryable failure takes one token, and each success returns <see cref="TokenRatio"/> tokens. While no more than half of the tokens are left, nothing is retried, so
    /// that a server in trouble does not get a multiple of its load. Calls that could not be sent at all take no token and need none.
    /// </remarks>
    /// <value>1 to 1,000; 10 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxTokens { get; set => field = SettingCheck.Between(1, 1000, value); } = 10;

    /// <summary>The number of tokens that a success returns to the budget.</summary>
    /// <value>0.001 to 1; 0.1 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public double TokenRatio { get; set => field = SettingCheck.That(value is >= 0.001 and <= 1, value, "at least 0.001 and at most 1"); } = 0.1;

    /// <summary>The longest wait that a server may request, by <c>Retry-After</c> or <c>retryAfterMs</c>.</summary>
    /// <remarks>If the server requests a longer wait, the call is not retried.</remarks>
    /// <value>0 to 24 days; 10 s by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan MaxRetryAfter { get; set => field = SettingCheck.Time(value); } = TimeSpan.FromSeconds(10);

    /// <summary>Gets or sets whether each unmarked call gets its own key (<see cref="HeaderFields.IdempotencyKey"/>), and so may be retried.</summary>
    /// <remarks>
    /// Use it only with servers that store keys (<see cref="JsonRpcMethods.UseIdempotency"/>): any other would run the call again. Notifications and streaming calls get no key.
    /// </remarks>
    /// <value><c>false</c> by default.</value>
    public bool IdempotencyKeys { get; set; }

    /// <summary>The source of the random part of the waits, such as a <see cref="System.Random"/> with a seed for tests.</summary>
    /// <remarks>One call uses it at a time.</remarks>
    /// <value><see cref="Random.Shared"/> by default.</value>
    /// <exception cref="ArgumentNullException">The value is <c>null</c>.</exception>
    public Random Random
    {
        get;
        set
        {
            ArgumentNullException.ThrowIfNull(value, nameof(Random));
            field = value;
        }
    } = Random.Shared;

    internal JsonRpcRetryOptions Copy() => (JsonRpcRetryOptions)MemberwiseClone();
}
