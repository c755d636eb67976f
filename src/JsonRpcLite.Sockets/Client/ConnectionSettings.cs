using System.Net;
using System.Net.Security;

namespace JsonRpcLite;

/// <summary>The settings that a client transport passes to its origins: where and how to connect, and how long to reuse connections.</summary>
internal sealed class ConnectionSettings
{
    /// <summary>The end point to connect to instead of the address; <c>null</c> connects to the address.</summary>
    public required EndPoint? EndPoint { get; init; }

    public required SslClientAuthenticationOptions? TlsOptions { get; init; }

    public required TimeSpan ConnectTimeout { get; init; }

    public required TimeSpan IdleTimeout { get; init; }

    public required TimeSpan Lifetime { get; init; }

    public required bool UseEventLoops { get; init; }

    /// <summary>The longest time for which a waiting thread looks for input before it sleeps.</summary>
    public required TimeSpan BusyPollTime { get; init; }

    public required TimeProvider Clock { get; init; }

    /// <summary>Called with each new connection.</summary>
    public required Action Connected { get; init; }
}
