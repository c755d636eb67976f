using System.Net;
using System.Net.Security;

namespace JsonRpcLite;

/// <summary>What a client's transport tells its origins: where and how to connect, and for how long connections are kept.</summary>
internal sealed class ConnectionSettings
{
    /// <summary>Where to connect instead of the address.</summary>
    public required EndPoint? EndPoint { get; init; }

    public required SslClientAuthenticationOptions? TlsOptions { get; init; }

    public required TimeSpan ConnectTimeout { get; init; }

    public required TimeSpan IdleTimeout { get; init; }

    public required TimeSpan Lifetime { get; init; }

    public required bool UseEventLoops { get; init; }

    public required TimeProvider Clock { get; init; }

    /// <summary>Called with each new connection.</summary>
    public required Action Connected { get; init; }
}
