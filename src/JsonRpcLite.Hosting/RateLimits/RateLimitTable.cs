using System.Collections.Frozen;

namespace JsonRpcLite;

/// <summary>How many calls each caller may make of each method.</summary>
internal sealed class RateLimitTable
{
    /// <summary>Stands for each method that has no entry of its own.</summary>
    public const string Others = "*";

    private readonly FrozenDictionary<string, JsonRpcRate> _limits;

    /// <param name="limits">By the names of methods.</param>
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

    /// <summary>The names of methods that are limited and are not there.</summary>
    /// <param name="methods">All that can be called. A fallback, whose name is empty, may have any.</param>
    private IEnumerable<string> FindUnknown(IReadOnlyList<JsonRpcMethodInfo> methods)
    {
        var known = methods.Select(method => method.Name).ToHashSet(StringComparer.Ordinal);
        // They may be switched off, and their limits do no harm.
        known.UnionWith([Others, "rpc.discover", "rpc.typescript"]);
        return known.Contains("") ? [] : _limits.Keys.Where(name => !known.Contains(name)).Order(StringComparer.Ordinal);
    }

    /// <summary>For the start of a server: a limit of a method that is not there is a mistake in its name.</summary>
    /// <param name="methods">All that can be called.</param>
    /// <param name="describe">What a message calls the limit of a method.</param>
    /// <exception cref="InvalidOperationException">There is such a limit.</exception>
    public void RefuseUnknown(IReadOnlyList<JsonRpcMethodInfo> methods, Func<string, string> describe)
    {
        if (FindUnknown(methods).ToList() is { Count: > 0 } unknown)
            throw new InvalidOperationException($"{string.Join(", ", unknown.Select(describe))}: the server has no method of this name.");
    }

    /// <summary>The gate of a method.</summary>
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

    /// <summary>Names that only the fallback knows share one bucket, unless they are in the table: a caller can make up as many as it likes.</summary>
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
