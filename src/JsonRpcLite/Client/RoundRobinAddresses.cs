using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>Middleware that distributes calls over the addresses of one service, and skips unreachable ones for a while.</summary>
/// <remarks>Each call begins with the next address, and each further attempt goes to the one after that. Thread-safe.</remarks>
internal sealed class RoundRobinAddresses(Uri[] addresses)
{
    /// <summary>How long an unreachable address is skipped, as in nginx (fail_timeout).</summary>
    private static readonly TimeSpan TimeAside = TimeSpan.FromSeconds(10);

    /// <summary>For each address, the timestamp from which one call may try it again; 0 where it is not skipped.</summary>
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
            // It is nearly always 0; reading instead of writing keeps the value in the caches of all cores.
            if (Volatile.Read(ref _asideUntil[index]) != 0)
                Volatile.Write(ref _asideUntil[index], 0);
        }
        catch (Exception e)
        {
            if (!IsUnreachable(e))
                Volatile.Write(ref _asideUntil[index], 0);
            // A caller's cancellation says nothing about the address; a time-out before the connection was made does.
            else if (!cancellationToken.IsCancellationRequested || call.Sender!.TimeLeft <= TimeSpan.Zero)
                Volatile.Write(ref _asideUntil[index], EndOfTimeAside(clock));
            throw;
        }
    }

    /// <summary>Whether the address was unreachable.</summary>
    /// <remarks>Exceptions of the caller's own HttpClient are not marked as unsent; there the kind of the error decides.</remarks>
    private static bool IsUnreachable(Exception exception) => FailureMark.IsUnsent(exception)
        || exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError };

    /// <summary>Returns the index for the next call.</summary>
    /// <remarks>Positions of skipped addresses are passed over in the sequence, so that the other addresses get equal shares.</remarks>
    private int TakeNext(TimeProvider clock)
    {
        var (index, skipped) = FindFrom(Interlocked.Increment(ref _next), clock);
        if (skipped > 0)
            Interlocked.Add(ref _next, skipped);
        return index;
    }

    /// <summary>Finds the first address from a position on that may be tried; if there is none, the one at that position.</summary>
    private (int Index, int Skipped) FindFrom(int begin, TimeProvider clock)
    {
        for (var skipped = 0; skipped < addresses.Length; skipped++)
        {
            var index = IndexOf(begin + skipped);
            var until = Volatile.Read(ref _asideUntil[index]);
            if (until == 0)
                return (index, skipped);
            // One call tests whether the server is back, and the others skip it until then.
            if (until <= clock.GetTimestamp() && Interlocked.CompareExchange(ref _asideUntil[index], EndOfTimeAside(clock), until) == until)
                return (index, skipped);
        }
        return (IndexOf(begin), 0);
    }

    private int IndexOf(int number) => (int)((uint)number % (uint)addresses.Length);

    private static long EndOfTimeAside(TimeProvider clock) => clock.GetTimestamp() + (long)(TimeAside.TotalSeconds * clock.TimestampFrequency);
}
