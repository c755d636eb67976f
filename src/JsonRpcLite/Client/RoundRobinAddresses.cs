using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>
/// The addresses of one service, as middleware: each call begins with the next one, each further attempt goes to the one after, and what cannot be reached is left out for a while.
/// Thread-safe.
/// </summary>
internal sealed class RoundRobinAddresses(Uri[] addresses)
{
    /// <summary>How long an address is left out, as by nginx (fail_timeout).</summary>
    private static readonly TimeSpan TimeAside = TimeSpan.FromSeconds(10);

    /// <summary>The timestamp from which one call may try the address again; 0 where it is not left out.</summary>
    private readonly long[] _asideUntil = new long[addresses.Length];
    private int _next = -1;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SendAsync(JsonRpcClientCall call, JsonRpcClientHandler next, CancellationToken cancellationToken)
    {
        var clock = call.Sender!.TimeProvider;
        var index = call.Attempt == 0 ? TakeNext(clock) : FindFrom(call.AddressIndex + 1, clock).Index;
        call.AddressIndex = index;
        call.Exchange.Address = addresses[index];
        try
        {
            await next(call, cancellationToken).ConfigureAwait(false);
            // Nearly always it is known, and the cores keep what they have read.
            if (Volatile.Read(ref _asideUntil[index]) != 0)
                Volatile.Write(ref _asideUntil[index], 0);
        }
        catch (Exception e)
        {
            if (!IsUnreachable(e))
                Volatile.Write(ref _asideUntil[index], 0);
            // A caller that gives up says nothing of the address, unlike one whose time was over before there was a connection.
            else if (!cancellationToken.IsCancellationRequested || call.Sender!.TimeLeft <= TimeSpan.Zero)
                Volatile.Write(ref _asideUntil[index], EndOfTimeAside(clock));
            throw;
        }
    }

    /// <summary>Of a caller's own HttpClient nothing is marked as unsent, and the kind of the error says it.</summary>
    private static bool IsUnreachable(Exception exception) => FailureMark.IsUnsent(exception)
        || exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError };

    /// <summary>Turns that fall on an address that is left out are skipped, so that the others get the same share of them.</summary>
    private int TakeNext(TimeProvider clock)
    {
        var (index, skipped) = FindFrom(Interlocked.Increment(ref _next), clock);
        if (skipped > 0)
            Interlocked.Add(ref _next, skipped);
        return index;
    }

    /// <summary>The first address from there on that may be tried; where none may, the one to begin with.</summary>
    private (int Index, int Skipped) FindFrom(int begin, TimeProvider clock)
    {
        for (var skipped = 0; skipped < addresses.Length; skipped++)
        {
            var index = IndexOf(begin + skipped);
            var until = Volatile.Read(ref _asideUntil[index]);
            if (until == 0)
                return (index, skipped);
            // One call finds out whether the server is back, and the others leave it out until then.
            if (until <= clock.GetTimestamp() && Interlocked.CompareExchange(ref _asideUntil[index], EndOfTimeAside(clock), until) == until)
                return (index, skipped);
        }
        return (IndexOf(begin), 0);
    }

    private int IndexOf(int number) => (int)((uint)number % (uint)addresses.Length);

    private static long EndOfTimeAside(TimeProvider clock) => clock.GetTimestamp() + (long)(TimeAside.TotalSeconds * clock.TimestampFrequency);
}
