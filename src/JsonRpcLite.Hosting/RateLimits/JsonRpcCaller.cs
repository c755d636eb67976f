using System.Net;
using System.Security.Claims;

namespace JsonRpcLite;

/// <summary>Identifies a caller: by its name if it is authenticated, otherwise by its address.</summary>
/// <remarks>
/// <para>It is meant as a key for partitions of rate limiters. Immutable.</para>
/// <para>The name is that of the authenticated identity or, if it has none, its claim <see cref="ClaimTypes.NameIdentifier"/> or <c>sub</c>. An identity without any of them
/// counts by its address, as does a caller that is not authenticated. A user named <c>10.0.0.1</c> is not the caller at that address.</para>
/// <para>All IPv6 addresses with the same first 64 bits are one caller. Behind a proxy all callers have its address, unless it is one of
/// <see cref="JsonRpcServerOptions.TrustedProxies"/>. All callers without an address, in memory or on a Unix domain socket, are one caller.</para>
/// </remarks>
/// <example>
/// <code>
/// // Two calls of each caller at a time.
/// methods.UseRateLimiter(PartitionedRateLimiter.Create&lt;JsonRpcCall, JsonRpcCaller>(call =>
///     RateLimitPartition.GetConcurrencyLimiter(JsonRpcCaller.Of(call), _ => new() { PermitLimit = 2 })));
/// </code>
/// </example>
public readonly struct JsonRpcCaller : IEquatable<JsonRpcCaller>
{
    private readonly string? _name;
    private readonly PeerNetwork? _network;

    private JsonRpcCaller(ClaimsPrincipal? user, EndPoint? peer)
    {
        _name = NameOf(user);
        _network = _name is null ? PeerNetwork.Of(peer) : null;
    }

    /// <summary>Gets the caller of a call.</summary>
    /// <param name="call">The call.</param>
    public static JsonRpcCaller Of(JsonRpcCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return new(call.User, call.Exchange.RemoteEndPoint);
    }

    /// <summary>Gets the caller that sends a request.</summary>
    /// <remarks>Middleware around exchanges runs before authentication. There the caller is the address, unless earlier middleware has set the user.</remarks>
    /// <param name="exchange">The exchange.</param>
    public static JsonRpcCaller Of(HttpExchange exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        return new(exchange.User, exchange.RemoteEndPoint);
    }

    /// <summary>Whether both values are the same caller.</summary>
    public static bool operator ==(JsonRpcCaller left, JsonRpcCaller right) => left.Equals(right);

    /// <summary>Whether the values are different callers.</summary>
    public static bool operator !=(JsonRpcCaller left, JsonRpcCaller right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(JsonRpcCaller other) => _network == other._network && string.Equals(_name, other._name, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is JsonRpcCaller other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_name, _network);

    /// <summary>The caller for people: <c>user alice</c>, <c>192.0.2.1</c>, <c>2001:db8:1:2::/64</c> or <c>no address</c>.</summary>
    /// <remarks>The name is not escaped, and may contain any characters.</remarks>
    public override string ToString() => _name is not null ? $"user {_name}" : _network?.ToString() ?? "no address";

    private static string? NameOf(ClaimsPrincipal? user)
    {
        if (user?.Identity is not { IsAuthenticated: true } identity)
            return null;
        if (identity.Name is { Length: > 0 } name)
            return name;
        var claims = identity as ClaimsIdentity;
        return claims?.FindFirst(ClaimTypes.NameIdentifier)?.Value ?? claims?.FindFirst("sub")?.Value;
    }
}
