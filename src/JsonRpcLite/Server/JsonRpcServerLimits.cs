using System.Globalization;

namespace JsonRpcLite;

/// <summary>The limits of what callers can use of a server: sizes, counts, times and rates.</summary>
/// <remarks>Each value is checked when it is set. The values are copied when a server starts; later changes have no effect on it.</remarks>
public sealed class JsonRpcServerLimits
{
    private const int SmallestBodyMemory = 64 * 1024;

    private long? _maxRequestBodyMemory;
    private long? _maxRequestBodyMemoryPerAddress;

    internal JsonRpcServerLimits()
    {
    }

    internal JsonRpcServerLimits(JsonRpcServerLimits other)
    {
        MaxRequestBodySize = other.MaxRequestBodySize;
        MaxResponseBodySize = other.MaxResponseBodySize;
        MaxRequestTargetSize = other.MaxRequestTargetSize;
        MaxRequestHeadSize = other.MaxRequestHeadSize;
        MaxRequestHeaderCount = other.MaxRequestHeaderCount;
        MaxConcurrentExchanges = other.MaxConcurrentExchanges;
        MaxConcurrentCalls = other.MaxConcurrentCalls;
        MaxConcurrentStreams = other.MaxConcurrentStreams;
        _maxRequestBodyMemory = other._maxRequestBodyMemory;
        _maxRequestBodyMemoryPerAddress = other._maxRequestBodyMemoryPerAddress;
        HandlerTimeout = other.HandlerTimeout;
        MinRequestRate = other.MinRequestRate;
        RequestGracePeriod = other.RequestGracePeriod;
        MinResponseRate = other.MinResponseRate;
        ResponseGracePeriod = other.ResponseGracePeriod;
    }

    /// <summary>The largest body of a request, in bytes.</summary>
    /// <remarks>A larger one is answered with 413.</remarks>
    /// <value>0 to 2 GiB; 16 MiB by default (Kestrel: 28.6 MiB).</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxRequestBodySize { get; set => field = SettingCheck.AtLeast(0, value); } = 16 * 1024 * 1024;

    /// <summary>The largest body of a reply, in bytes.</summary>
    /// <remarks>
    /// A larger one is replaced by an error with code -32011. For a stream this limits each message; a larger one ends the stream with that error. For a reply that a handler
    /// flushes it limits the bytes between two flushes.
    /// </remarks>
    /// <value>1 KiB to 2 GiB; 16 MiB by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxResponseBodySize { get; set => field = SettingCheck.AtLeast(1024, value); } = 16 * 1024 * 1024;

    /// <summary>The longest request target, in bytes.</summary>
    /// <remarks>A longer one is answered with 414.</remarks>
    /// <value>At least 1; 8 KiB by default (RFC 9112 3 asks for at least 8000 bytes).</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxRequestTargetSize { get; set => field = SettingCheck.AtLeast(1, value); } = 8 * 1024;

    /// <summary>The largest request head, including all header fields, in bytes.</summary>
    /// <remarks>A larger one is answered with 431.</remarks>
    /// <value>At least 1; 32 KiB by default (as Kestrel).</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxRequestHeadSize { get; set => field = SettingCheck.AtLeast(1, value); } = 32 * 1024;

    /// <summary>The largest number of header fields of a request.</summary>
    /// <remarks>A request with more is answered with 431.</remarks>
    /// <value>At least 1; 100 by default (as Kestrel).</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxRequestHeaderCount { get; set => field = SettingCheck.AtLeast(1, value); } = 100;

    /// <summary>The largest number of exchanges that are open at the same time.</summary>
    /// <remarks>
    /// An exchange is open from its head to its reply. A request beyond the limit is answered with 503 and <c>Retry-After</c>. On every transport this limits exchanges whose
    /// body is still being received or whose function still runs. <see cref="MaxConcurrentCalls"/> limits the functions alone.
    /// </remarks>
    /// <value>At least 1; 1024 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxConcurrentExchanges { get; set => field = SettingCheck.AtLeast(1, value); } = 1024;

    /// <summary>The largest number of calls that run at the same time.</summary>
    /// <remarks>
    /// A call beyond the limit is answered with 503 and <c>Retry-After</c>. A call that was answered because it took too long counts until its function has ended.
    /// </remarks>
    /// <value>At least 1; 256 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxConcurrentCalls { get; set => field = SettingCheck.AtLeast(1, value); } = 256;

    /// <summary>The largest number of streams (replies that are sent as they are produced) that are open at the same time.</summary>
    /// <remarks>
    /// A stream beyond the limit is answered with 503 and <c>Retry-After</c>. An open stream does not count as a call (<see cref="MaxConcurrentCalls"/>), since it may be silent
    /// for a long time. It counts as an exchange (<see cref="MaxConcurrentExchanges"/>).
    /// </remarks>
    /// <value>At least 1; 256 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxConcurrentStreams { get; set => field = SettingCheck.AtLeast(1, value); } = 256;

    /// <summary>The most memory that all request bodies that are still being received may use together, in bytes.</summary>
    /// <remarks>
    /// When the memory is used up, the slowest body is refused with 408. <see cref="MaxRequestBodyMemoryPerAddress"/> limits the share of one address. Bodies that arrived
    /// together with their head do not count. A server does not start if the value is lower than <see cref="MaxRequestBodySize"/>.
    /// </remarks>
    /// <value>
    /// At least 64 KiB; by default an eighth of the memory that the process may use (<see cref="GCMemoryInfo.TotalAvailableMemoryBytes"/>), and at least
    /// <see cref="MaxRequestBodySize"/>.
    /// </value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public long MaxRequestBodyMemory
    {
        get => _maxRequestBodyMemory ?? Math.Max(SmallestBodyMemory, Math.Max(MaxRequestBodySize, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8));
        set => _maxRequestBodyMemory = SettingCheck.AtLeast(SmallestBodyMemory, value);
    }

    /// <summary>The most memory of <see cref="MaxRequestBodyMemory"/> that the bodies of one address may use together, in bytes.</summary>
    /// <remarks>
    /// Beyond this limit, the slowest body of the address is refused with 408. A single body is never refused for this limit, up to <see cref="MaxRequestBodySize"/>. All IPv6
    /// addresses with the same first 64 bits count as one address. Behind a proxy all callers have one address, unless the proxy is one of
    /// <see cref="JsonRpcServerOptions.TrustedProxies"/>. Peers without an address, as on a Unix domain socket, have no such limit.
    /// </remarks>
    /// <value>At least 64 KiB; by default a quarter of <see cref="MaxRequestBodyMemory"/>.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public long MaxRequestBodyMemoryPerAddress
    {
        get => _maxRequestBodyMemoryPerAddress ?? MaxRequestBodyMemory / 4;
        set => _maxRequestBodyMemoryPerAddress = SettingCheck.AtLeast(SmallestBodyMemory, value);
    }

    /// <summary>The time-out of a call, counted from the moment when its body has been received.</summary>
    /// <remarks>
    /// When it expires, the call's token is cancelled and the caller gets an error with code -32001; the status of a plain call is 504. A client that declares a shorter time-out
    /// (<see cref="HeaderFields.TimeoutMs"/>) gets this error some hundredths of a second after that time-out.
    /// </remarks>
    /// <value>Above 0 and at most 24 days, or <see cref="Timeout.InfiniteTimeSpan"/>; 100 s by default (as HttpClient).</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan HandlerTimeout { get; set => field = SettingCheck.TimeAboveZeroOrInfinite(value); } = TimeSpan.FromSeconds(100);

    /// <summary>The minimum rate of a request body, in bytes a second.</summary>
    /// <remarks>A slower body is refused with 408 after <see cref="RequestGracePeriod"/>.</remarks>
    /// <value>At least 1; 240 by default (as Kestrel).</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MinRequestRate { get; set => field = SettingCheck.AtLeast(1, value); } = 240;

    /// <summary>The time that a request body may be slower than <see cref="MinRequestRate"/>, all pauses together.</summary>
    /// <remarks>Bytes that arrive faster than the minimum rate give time back, up to this value.</remarks>
    /// <value>Above 0 and at most 24 days; 5 s by default (as Kestrel).</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan RequestGracePeriod { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromSeconds(5);

    /// <summary>The minimum rate at which a client must read a reply, in bytes a second.</summary>
    /// <remarks>The connection of a slower client is closed after <see cref="ResponseGracePeriod"/>.</remarks>
    /// <value>At least 1; 240 by default (as Kestrel).</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MinResponseRate { get; set => field = SettingCheck.AtLeast(1, value); } = 240;

    /// <summary>The time that a client may read a reply more slowly than <see cref="MinResponseRate"/>.</summary>
    /// <value>Above 0 and at most 24 days; 5 s by default (as Kestrel).</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan ResponseGracePeriod { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromSeconds(5);

    /// <summary>Checks the rules that involve several values, which no setter can check.</summary>
    internal void Check() => SettingCheck.That(
        MaxRequestBodyMemory >= MaxRequestBodySize, MaxRequestBodyMemory, string.Create(
            CultureInfo.InvariantCulture, $"at least {nameof(MaxRequestBodySize)}, {MaxRequestBodySize}"),
        nameof(MaxRequestBodyMemory));
}
