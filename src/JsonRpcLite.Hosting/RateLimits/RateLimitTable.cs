using System.Collections.Frozen;

namespace JsonRpcLite;

/// <summary>The rate limits of methods.</summary>
internal sealed class RateLimitTable
{
    /// <summary>The key for each method that has no entry.</summary>
    public const string Others = "*";

    private readonly FrozenDictionary<string, JsonRpcRate> _limits;

    /// <param name="limits">The limits by the names of methods.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is out of range.</exception>
    public RateLimitTable(IEnumerable<KeyValuePair<string, JsonRpcRate>> limits)
    {
        _limits = limits.ToFrozenDictionary(StringComparer.Ordinal);
        foreach (var (method, limit) in _limits)
        {
            if (limit.FindFault() is { } fault)
                throw new ArgumentOutOfRangeException(nameof(limits), limit, $"The rate limit of '{method}' {fault}");
        }
    }

    /// <summary>Finds the limited names of methods that do not exist.</summary>
    /// <param name="methods">All methods. A fallback, whose name is empty, may answer any name.</param>
    private IEnumerable<string> FindUnknown(IReadOnlyList<JsonRpcMethodInfo> methods)
    {
        var known = methods.Select(method => method.Name).ToHashSet(StringComparer.Ordinal);
        // These may be switched off, and their limits do no harm.
        known.UnionWith([Others, "rpc.discover", "rpc.typescript"]);
        return known.Contains("") ? [] : _limits.Keys.Where(name => !known.Contains(name)).Order(StringComparer.Ordinal);
    }

    /// <summary>Rejects limits of methods that do not exist, which are misspelled, when a server starts.</summary>
    /// <param name="methods">All methods.</param>
    /// <param name="describe">Gets the name of a method's limit for messages.</param>
    /// <exception cref="InvalidOperationException">There is a limit of a method that does not exist.</exception>
    public void RefuseUnknown(IReadOnlyList<JsonRpcMethodInfo> methods, Func<string, string> describe)
    {
        if (FindUnknown(methods).ToList() is { Count: > 0 } unknown)
            throw new InvalidOperationException($"{string.Join(", ", unknown.Select(describe))}: the server has no method of this name.");
    }

    /// <summary>Makes the gate of a method.</summary>
    public JsonRpcMethod Around(JsonRpcMethodInfo method, JsonRpcMethod next, RatesByPeriod rates)
    {
        if (method.Name.Length == 0)
            return new FallbackGate(this, next, rates).CallAsync;
        return LimitOf(method.Name) is { } limit ? new Gate(method.Name, limit.Calls, next, rates.Of(limit.Period)).CallAsync : next;
    }

    private JsonRpcRate? LimitOf(string method) => _limits.TryGetValue(method, out var limit) || _limits.TryGetValue(Others, out limit) ? limit : null;

    private sealed class Gate(string method, int limit, JsonRpcMethod next, CallRates rates)
    {
        public ValueTask CallAsync(JsonRpcCall call, CancellationToken cancellationToken) =>
            rates.TryTake(JsonRpcCaller.Of(call), method, limit, out var retryAfter) ? next(call, cancellationToken) : throw RateRefusal.Of(call, retryAfter);
    }

    /// <summary>The gate of the fallback.</summary>
    /// <remarks>Names that are not in the table share one bucket, because a caller can make up any number of them.</remarks>
    private sealed class FallbackGate(RateLimitTable table, JsonRpcMethod next, RatesByPeriod rates)
    {
        public ValueTask CallAsync(JsonRpcCall call, CancellationToken cancellationToken)
        {
            var method = table._limits.ContainsKey(call.Method) ? call.Method : Others;
            return table.LimitOf(method) is not { } limit || rates.Of(limit.Period).TryTake(JsonRpcCaller.Of(call), method, limit.Calls, out var retryAfter)
                ? next(call, cancellationToken)
                : throw RateRefusal.Of(call, retryAfter);
        }
    }
}
