namespace JsonRpcLite;

/// <summary>The budget for a client's retries: failures take tokens, and successes return them.</summary>
/// <remarks>It follows gRFC A6, "throttling retry attempts". Thread-safe.</remarks>
internal sealed class RetryBudget(int maxTokens, double tokenRatio)
{
    private const int Thousandths = 1000;

    private readonly int _full = maxTokens * Thousandths;
    private readonly int _gain = (int)Math.Round(tokenRatio * Thousandths);
    private int _tokens = maxTokens * Thousandths;

    /// <summary>Whether the budget allows another attempt: more than half of the tokens are left.</summary>
    public bool AllowsRetry => Volatile.Read(ref _tokens) > _full / 2;

    /// <summary>Returns tokens after a success.</summary>
    public void Gain() => Add(_gain);

    /// <summary>Takes a token after a retryable failure.</summary>
    public void Take() => Add(-Thousandths);

    private void Add(int change)
    {
        while (true)
        {
            var before = Volatile.Read(ref _tokens);
            var after = Math.Clamp(before + change, 0, _full);
            // The budget is nearly always full; reading instead of writing keeps the value in the caches of all cores.
            if (after == before || Interlocked.CompareExchange(ref _tokens, after, before) == before)
                return;
        }
    }
}
