using System.Collections.Concurrent;
using System.Globalization;

namespace JsonRpcLite;

/// <summary>The error codes that metrics record by value: the documented ones, and the first others.</summary>
/// <remarks>
/// So a peer that invents codes creates a limited number of time series. All clients of a process share one object, since a program may create a client for each call.
/// Thread-safe.
/// </remarks>
internal sealed class MeasuredCodes
{
    /// <summary>The maximum number of other codes; an application rarely defines more.</summary>
    private const int MostOthers = 64;

    /// <summary>The codes of each side have a bound of their own: a server that invents codes must not hide those of the servers in this process.</summary>
    public static readonly MeasuredCodes OfServers = new();

    /// <inheritdoc cref="OfServers"/>
    public static readonly MeasuredCodes OfClients = new();

    private static readonly Dictionary<int, string> Documented = new[]
    {
        JsonRpcErrorCodes.ParseError,
        JsonRpcErrorCodes.InvalidRequest,
        JsonRpcErrorCodes.MethodNotFound,
        JsonRpcErrorCodes.InvalidParams,
        JsonRpcErrorCodes.InternalError,
        JsonRpcErrorCodes.Refused,
        JsonRpcErrorCodes.TimedOut,
        JsonRpcErrorCodes.NotAllowed,
        JsonRpcErrorCodes.StreamOnly,
        JsonRpcErrorCodes.TooManyCalls,
        JsonRpcErrorCodes.BatchTooLong,
        JsonRpcErrorCodes.ReplyTooLarge,
        JsonRpcErrorCodes.KeyInProgress,
        JsonRpcErrorCodes.KeyReused,
        JsonRpcErrorCodes.OutcomeUnknown,
    }.ToDictionary(code => code, code => code.ToString(CultureInfo.InvariantCulture));

    private readonly ConcurrentDictionary<int, string> _others = new();

    /// <summary>Guards additions to <see cref="_others"/> and <see cref="_count"/>.</summary>
    private readonly Lock _adding = new();
    private int _count;

    /// <summary>Returns the value for a code in metrics: its text, or <see cref="RpcTelemetry.OtherError"/>.</summary>
    /// <remarks>It allocates at most once for each recorded code.</remarks>
    public string TextOf(int code)
    {
        if (Documented.TryGetValue(code, out var text) || _others.TryGetValue(code, out text))
            return text;
        if (Volatile.Read(ref _count) == MostOthers)
            return RpcTelemetry.OtherError;
        lock (_adding)
        {
            // Another thread may have added this code, or the last one.
            if (_others.TryGetValue(code, out text))
                return text;
            if (_count == MostOthers)
                return RpcTelemetry.OtherError;
            text = RpcTelemetry.TextOf(code);
            _others[code] = text;
            _count++;
            return text;
        }
    }
}
