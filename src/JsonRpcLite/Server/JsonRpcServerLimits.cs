using System.Globalization;

namespace JsonRpcLite;

/// <summary>How much of a server its callers can use: sizes, counts, times and rates.</summary>
/// <remarks>Each value is checked where it is set. The values are copied when a server starts; later changes have no effect on it.</remarks>
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

    /// <summary>The largest body of a request, in bytes. A larger one is answered 413.</summary>
    /// <value>0 to 2 GiB; 16 MiB by default (Kestrel: 28.6 MiB).</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxRequestBodySize { get; set => field = SettingCheck.AtLeast(0, value); } = 16 * 1024 * 1024;

    /// <summary>The largest body of a reply, in bytes. A larger one is replaced by an error with code -32011.</summary>
    /// <remarks>
    /// Of a stream it bounds each message; a larger one ends the stream with that error. Of a reply that a handler flushes it bounds what is between two flushes.
    /// </remarks>
    /// <value>1 KiB to 2 GiB; 16 MiB by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxResponseBodySize { get; set => field = SettingCheck.AtLeast(1024, value); } = 16 * 1024 * 1024;

    /// <summary>The longest request target, in bytes. A longer one is answered 414.</summary>
    /// <value>1 and up; 8 KiB by default (RFC 9112 3 asks for at least 8000 bytes).</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxRequestTargetSize { get; set => field = SettingCheck.AtLeast(1, value); } = 8 * 1024;

    /// <summary>The largest request head, all header fields together, in bytes. A larger one is answered 431.</summary>
    /// <value>1 and up; 32 KiB by default (as Kestrel).</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxRequestHeadSize { get; set => field = SettingCheck.AtLeast(1, value); } = 32 * 1024;

    /// <summary>How many header fields a request may have. More are answered 431.</summary>
    /// <value>1 and up; 100 by default (as Kestrel).</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxRequestHeaderCount { get; set => field = SettingCheck.AtLeast(1, value); } = 100;

    /// <summary>How many exchanges may be open at a time, counted from their head to their reply. One more is answered 503.</summary>
    /// <remarks>
    /// It bounds the exchanges whose body is still coming or whose function still runs, on every transport. <see cref="MaxConcurrentCalls"/> bounds the functions alone.
    /// The 503 carries <c>Retry-After</c>.
    /// </remarks>
    /// <value>1 and up; 1024 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxConcurrentExchanges { get; set => field = SettingCheck.AtLeast(1, value); } = 1024;

    /// <summary>How many calls may run at a time. One more is answered 503 with <c>Retry-After</c>.</summary>
    /// <remarks>A call that was answered because it took too long counts until its function has ended.</remarks>
    /// <value>1 and up; 256 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxConcurrentCalls { get; set => field = SettingCheck.AtLeast(1, value); } = 256;

    /// <summary>How many streams may be open at a time: replies that are sent as they are made. One more is answered 503 with <c>Retry-After</c>.</summary>
    /// <remarks>An open stream does not count as a call (<see cref="MaxConcurrentCalls"/>), since it may be silent for long, but as an exchange
    /// (<see cref="MaxConcurrentExchanges"/>).</remarks>
    /// <value>1 and up; 256 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxConcurrentStreams { get; set => field = SettingCheck.AtLeast(1, value); } = 256;

    /// <summary>How much memory all request bodies that are still coming may take together, in bytes.</summary>
    /// <remarks>
    /// When it is used up, the slowest body is refused with 408. <see cref="MaxRequestBodyMemoryPerAddress"/> bounds what one address holds of it. Bodies that came together with
    /// their head do not count. A server whose value is lower than <see cref="MaxRequestBodySize"/> does not start.
    /// </remarks>
    /// <value>
    /// 64 KiB and up; by default an eighth of the memory that the process may use (<see cref="GCMemoryInfo.TotalAvailableMemoryBytes"/>), and at least
    /// <see cref="MaxRequestBodySize"/>.
    /// </value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public long MaxRequestBodyMemory
    {
        get => _maxRequestBodyMemory ?? Math.Max(SmallestBodyMemory, Math.Max(MaxRequestBodySize, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8));
        set => _maxRequestBodyMemory = SettingCheck.AtLeast(SmallestBodyMemory, value);
    }

    /// <summary>How much of <see cref="MaxRequestBodyMemory"/> the bodies of one address may take together, in bytes. Beyond, its slowest body is refused with 408.</summary>
    /// <remarks>
    /// A single body may always come whole, up to <see cref="MaxRequestBodySize"/>. All IPv6 addresses with the same first 64 bits count as one. Behind a proxy all callers are one
    /// address, unless the proxy is one of <see cref="JsonRpcServerOptions.TrustedProxies"/>. Peers without an address, as on a Unix domain socket, have no such bound.
    /// </remarks>
    /// <value>64 KiB and up; by default a quarter of <see cref="MaxRequestBodyMemory"/>.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public long MaxRequestBodyMemoryPerAddress
    {
        get => _maxRequestBodyMemoryPerAddress ?? MaxRequestBodyMemory / 4;
        set => _maxRequestBodyMemoryPerAddress = SettingCheck.AtLeast(SmallestBodyMemory, value);
    }

    /// <summary>How long a call may take, from the moment its body has come.</summary>
    /// <remarks>
    /// Then the call's token is cancelled and the caller gets an error with code -32001; a plain call's status is 504. A client that declares a shorter time-out of its own
    /// (<see cref="HeaderFields.TimeoutMs"/>) gets this error some hundredths of a second after that time-out.
    /// </remarks>
    /// <value>Above 0 and at most 24 days, or <see cref="Timeout.InfiniteTimeSpan"/>; 100 s by default (as HttpClient waits).</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan HandlerTimeout { get; set => field = SettingCheck.TimeAboveZeroOrInfinite(value); } = TimeSpan.FromSeconds(100);

    /// <summary>The lowest rate at which the body of a request may come, in bytes a second. A slower one is answered 408.</summary>
    /// <value>1 and up; 240 by default (as Kestrel).</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MinRequestRate { get; set => field = SettingCheck.AtLeast(1, value); } = 240;

    /// <summary>How long the body of a request may be slower than <see cref="MinRequestRate"/>, all pauses together; what comes faster earns time back, up to this.</summary>
    /// <value>Above 0 and at most 24 days; 5 s by default (as Kestrel).</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan RequestGracePeriod { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromSeconds(5);

    /// <summary>The lowest rate at which a client may take a reply, in bytes a second. The connection of a slower client is closed.</summary>
    /// <value>1 and up; 240 by default (as Kestrel).</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MinResponseRate { get; set => field = SettingCheck.AtLeast(1, value); } = 240;

    /// <summary>How long a client may take a reply more slowly than at <see cref="MinResponseRate"/>.</summary>
    /// <value>Above 0 and at most 24 days; 5 s by default (as Kestrel).</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan ResponseGracePeriod { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromSeconds(5);

    /// <summary>The rules across values, which no setter can check.</summary>
    internal void Check() => SettingCheck.That(
        MaxRequestBodyMemory >= MaxRequestBodySize, MaxRequestBodyMemory, string.Create(
            CultureInfo.InvariantCulture, $"at least {nameof(MaxRequestBodySize)}, {MaxRequestBodySize}"),
        nameof(MaxRequestBodyMemory));
}
