namespace JsonRpcLite;

/// <summary>The limits of a server that its transport keeps, checked and frozen.</summary>
public sealed class HttpLimits
{
    /// <summary>
    /// How much of a reply a peer must have taken before its time for the next such piece begins, in bytes: what the system buffers of a large reply does not count for the rest.
    /// </summary>
    public const int ResponsePieceSize = 32 * 1024;

    internal HttpLimits()
    {
    }

    /// <summary>The most bytes of a request's body.</summary>
    public int MaxRequestBodySize { get; internal init; } = int.MaxValue;

    /// <summary>The most bytes of a reply's body.</summary>
    public int MaxResponseBodySize { get; internal init; } = int.MaxValue;

    /// <summary>The longest request target in bytes.</summary>
    public int MaxRequestTargetSize { get; internal init; } = int.MaxValue;

    /// <summary>The largest request head in bytes.</summary>
    public int MaxRequestHeadSize { get; internal init; } = int.MaxValue;

    /// <summary>The most header fields in a request.</summary>
    public int MaxRequestHeaderCount { get; internal init; } = int.MaxValue;

    /// <summary>The slowest that a peer may take a reply, in bytes a second.</summary>
    public int MinResponseRate { get; internal init; } = 240;

    /// <summary>How long a peer may be slower than <see cref="MinResponseRate"/>.</summary>
    public TimeSpan ResponseGracePeriod { get; internal init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a peer may take for so many bytes of a reply, at most <see cref="ResponsePieceSize"/> at a time. A peer that is slower is cut off.</summary>
    public TimeSpan TimeToTake(int bytes) => ResponseGracePeriod + TimeSpan.FromSeconds((double)bytes / MinResponseRate);
}
