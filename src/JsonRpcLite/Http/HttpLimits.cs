namespace JsonRpcLite;

/// <summary>The limits of a server that its transport enforces; checked and read-only.</summary>
public sealed class HttpLimits
{
    /// <summary>The number of bytes of a reply that a peer must read before the time for the next piece begins.</summary>
    /// <remarks>So the bytes of a large reply that the system buffers do not count for the rest.</remarks>
    public const int ResponsePieceSize = 32 * 1024;

    internal HttpLimits()
    {
    }

    /// <summary>The maximum request body in bytes.</summary>
    public int MaxRequestBodySize { get; internal init; } = int.MaxValue;

    /// <summary>The maximum reply body in bytes.</summary>
    public int MaxResponseBodySize { get; internal init; } = int.MaxValue;

    /// <summary>The maximum request target in bytes.</summary>
    public int MaxRequestTargetSize { get; internal init; } = int.MaxValue;

    /// <summary>The maximum request head in bytes.</summary>
    public int MaxRequestHeadSize { get; internal init; } = int.MaxValue;

    /// <summary>The maximum number of header fields in a request.</summary>
    public int MaxRequestHeaderCount { get; internal init; } = int.MaxValue;

    /// <summary>The minimum rate at which a peer must read a reply, in bytes per second.</summary>
    public int MinResponseRate { get; internal init; } = 240;

    /// <summary>The time for which a peer may be slower than <see cref="MinResponseRate"/>.</summary>
    public TimeSpan ResponseGracePeriod { get; internal init; } = TimeSpan.FromSeconds(5);

    /// <summary>Returns the time in which a peer must read a number of bytes of a reply.</summary>
    /// <remarks>At most <see cref="ResponsePieceSize"/> bytes count at a time. The transport disconnects a slower peer.</remarks>
    public TimeSpan TimeToTake(int bytes) => ResponseGracePeriod + TimeSpan.FromSeconds((double)bytes / MinResponseRate);
}
