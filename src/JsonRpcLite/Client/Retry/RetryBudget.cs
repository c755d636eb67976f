namespace JsonRpcLite;

/// <summary>
/// Which share of a client's calls may be tried again: tokens that failures take and successes give back (gRFC A6, "throttling retry attempts"). Thread-safe.
/// </summary>
internal sealed class RetryBudget(int maxTokens, double tokenRatio)
{
    private const int Thousandths = 1000;

    private readonly int _full = maxTokens * Thousandths;
    private readonly int _gain = (int)Math.Round(tokenRatio * Thousandths);
    private int _tokens = maxTokens * Thousandths;

    /// <summary>Whether there is enough for another attempt: more than half.</summary>
    public bool AllowsRetry => Volatile.Read(ref _tokens) > _full / 2;

    /// <summary>A call has succeeded.</summary>
    public void Gain() => Add(_gain);

    /// <summary>An attempt has failed in a way that may be tried again.</summary>
    public void Take() => Add(-Thousandths);

    private void Add(int change)
    {
        while (true)
        {
            var before = Volatile.Read(ref _tokens);
            var after = Math.Clamp(before + change, 0, _full);
            // Nearly always it is full, and the cores keep what they have read.
            if (after == before || Interlocked.CompareExchange(ref _tokens, after, before) == before)
                return;
        }
    }
}
