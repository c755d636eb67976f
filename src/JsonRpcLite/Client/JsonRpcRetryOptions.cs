namespace JsonRpcLite;

/// <summary>How a client tries failed calls again: <see cref="JsonRpcClientOptions.Retry"/>. Values are copied when the client is made.</summary>
/// <remarks>
/// <para>What is tried again is what may be: any call of which the server has run nothing, since it could not be reached or said so; and after any other failure of the network or
/// of a server that is busy, the calls that are marked (<see cref="JsonRpcIdempotency"/>) or have a key (<see cref="JsonRpcCallOptions.IdempotencyKey"/>). Errors of functions are
/// answers, and never tried again. docs/resilience.md has the table.</para>
/// <para>The waits grow from <see cref="InitialBackoff"/> by <see cref="BackoffMultiplier"/> to <see cref="MaxBackoff"/>, each with a random part of 20 % up or down.
/// <see cref="JsonRpcClientOptions.Timeout"/> bounds all attempts and waits together: when a wait would be longer than what is left, the last failure is thrown at once.</para>
/// <para>The names and the rules of the budget are those of gRPC (gRFC A6).</para>
/// </remarks>
public sealed class JsonRpcRetryOptions
{
    /// <summary>How often a call is sent at most, the first time included.</summary>
    /// <value>1 to 5; 3 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxAttempts { get; set => field = SettingCheck.Between(1, 5, value); } = 3;

    /// <summary>The wait before the second attempt.</summary>
    /// <value>Above 0 and at most 24 days; 100 ms by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan InitialBackoff { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest wait that grows out of <see cref="InitialBackoff"/>.</summary>
    /// <value>Above 0 and at most 24 days; 1 s by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan MaxBackoff { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromSeconds(1);

    /// <summary>By how much each wait is longer than the one before.</summary>
    /// <value>1 to 100; 2 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public double BackoffMultiplier { get; set => field = SettingCheck.That(value is >= 1 and <= 100, value, "at least 1 and at most 100"); } = 2;

    /// <summary>
    /// The budget of the client: each failure that may be tried again takes one token, each success gives <see cref="TokenRatio"/> back, and while no more than half of the tokens
    /// are there nothing is tried again. So a server in trouble is not hit by a multiple of its load. Calls that could not be sent at all take none and need none.
    /// </summary>
    /// <value>1 to 1,000; 10 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxTokens { get; set => field = SettingCheck.Between(1, 1000, value); } = 10;

    /// <summary>What a success gives back to the budget, in tokens.</summary>
    /// <value>0.001 to 1; 0.1 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public double TokenRatio { get; set => field = SettingCheck.That(value is >= 0.001 and <= 1, value, "at least 0.001 and at most 1"); } = 0.1;

    /// <summary>The longest wait that a server may ask for, by <c>Retry-After</c> or <c>retryAfterMs</c>. One that asks for more gets no further attempt.</summary>
    /// <value>0 to 24 days; 10 s by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan MaxRetryAfter { get; set => field = SettingCheck.Time(value); } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether each call that is not marked gets a key of its own (<see cref="HeaderFields.IdempotencyKey"/>), so that it may be tried again. Only for servers that keep keys
    /// (<see cref="JsonRpcMethods.UseIdempotency"/>): any other would run the call again. Not for notifications and for calls that stream.
    /// </summary>
    /// <value><c>false</c> by default.</value>
    public bool IdempotencyKeys { get; set; }

    /// <summary>Where the random part of the waits comes from, such as a <see cref="System.Random"/> with a seed for tests. It is used by one call at a time.</summary>
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
