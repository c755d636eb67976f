using System.Net;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace JsonRpcLite;

/// <summary>The host names and origins that the application allows in ASP.NET Core, which the endpoint allows, too.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class EndpointSites(IServiceProvider services)
{
    /// <summary>The key that CorsMiddleware adds to the items of a request that it has checked.</summary>
    private const string CorsHasRun = "__CorsMiddlewareWithEndpointInvoked";

    /// <summary>The header fields that proxies add.</summary>
    /// <remarks>A request with any of them did not come from this machine alone.</remarks>
    private static readonly string[] ProxyHeaders = ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Original-For", "X-Real-IP"];

    private readonly IOptionsMonitor<HostFilteringOptions>? _filtering = services.GetService<IOptionsMonitor<HostFilteringOptions>>();
    private readonly ICorsPolicyProvider? _policies = services.GetService<ICorsPolicyProvider>();

    /// <summary>Whether both ends of the request are on this machine.</summary>
    /// <remarks>A development environment does not imply that: a container listens on all interfaces there, too.</remarks>
    public static bool IsLocal(HttpContext http)
    {
        var connection = http.Connection;
        return connection is { RemoteIpAddress: { } remote, LocalIpAddress: { } local }
            && IPAddress.IsLoopback(remote)
            && IPAddress.IsLoopback(local)
            && !Array.Exists(ProxyHeaders, http.Request.Headers.ContainsKey);
    }

    /// <summary>Whether the endpoint or the application's AllowedHosts names the host; <c>null</c> if neither does.</summary>
    public bool? AllowsHost(HttpContext http, string host)
    {
        // Routing has compared the host with these, or the request would not be here. A star does not restrict the name.
        if (http.GetEndpoint()?.Metadata.GetMetadata<IHostMetadata>() is { Hosts.Count: > 0 } required && required.Hosts.All(NamesHost))
            return true;
        if (_filtering?.CurrentValue.AllowedHosts is not { Count: > 0 } allowed || allowed.Contains("*"))
            return null;
        return HostString.MatchesAny(new StringSegment(HostString.FromUriComponent(host).Host), [.. allowed.Select(h => new StringSegment(h))]) ? true : null;
    }

    /// <summary>Whether ASP.NET Core's policy allows the request's origin; <c>null</c> if there is no policy.</summary>
    /// <remarks>It is also <c>null</c> if the policy does not name the origin of the server's own page.</remarks>
    public async ValueTask<bool?> AllowsOriginAsync(HttpContext http)
    {
        if (await PolicyOfAsync(http).ConfigureAwait(false) is not { } policy)
            return null;
        var origin = http.Request.Headers.Origin.ToString();
        // IsOriginAllowed of the policy does not handle the star.
        if (policy.AllowAnyOrigin || policy.IsOriginAllowed(origin))
            return true;
        return IsOwn(http, origin) ? null : false;
    }

    private static bool NamesHost(string pattern) => !pattern.StartsWith('*') || pattern.StartsWith("*.", StringComparison.Ordinal);

    private static bool IsOwn(HttpContext http, string origin) => origin.Equals($"{http.Request.Scheme}://{http.Request.Host}", StringComparison.OrdinalIgnoreCase);

    private async Task<CorsPolicy?> PolicyOfAsync(HttpContext http)
    {
        switch (http.GetEndpoint()?.Metadata.GetMetadata<ICorsMetadata>())
        {
            case IDisableCorsAttribute:
                return null;
            case ICorsPolicyMetadata { Policy: { } policy }:
                return policy;
            case IEnableCorsAttribute named:
                return _policies is null ? null : await _policies.GetPolicyAsync(http, named.PolicyName).ConfigureAwait(false);
        }
        // CORS middleware for the whole application does not reveal which policy it uses. It is nearly always the default one.
        return _policies is not null && http.Items.ContainsKey(CorsHasRun) ? await _policies.GetPolicyAsync(http, policyName: null).ConfigureAwait(false) : null;
    }
}
