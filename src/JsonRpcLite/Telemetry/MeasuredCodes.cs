using System.Collections.Concurrent;
using System.Globalization;

namespace JsonRpcLite;

/// <summary>
/// The error codes that metrics tell apart, so that a peer that invents codes makes a bounded number of series: the documented ones, and the first others that come.
/// </summary>
/// <remarks>Thread-safe. There is one for all clients of a process, and not one for each: a program may create a client for each call.</remarks>
internal sealed class MeasuredCodes
{
    /// <summary>So many codes that are not documented are told apart. An application rarely has more of its own.</summary>
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

    /// <summary>Changes under the lock alone.</summary>
    private readonly Lock _adding = new();
    private int _count;

    /// <summary>What metrics say for the code: its text, or <see cref="RpcTelemetry.OtherError"/>. Allocates at most once for each code that is told apart.</summary>
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
