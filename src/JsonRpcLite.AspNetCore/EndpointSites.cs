using System.Net;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace JsonRpcLite;

/// <summary>The host names and origins that the application allows in ASP.NET Core: the endpoint allows them, too. Thread-safe.</summary>
internal sealed class EndpointSites(IServiceProvider services)
{
    /// <summary>Set by CorsMiddleware in the items of a request when it has looked at it.</summary>
    private const string CorsHasRun = "__CorsMiddlewareWithEndpointInvoked";

    /// <summary>What proxies add. A request with any of them did not come from this machine alone.</summary>
    private static readonly string[] ProxyHeaders = ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Original-For", "X-Real-IP"];

    private readonly IOptionsMonitor<HostFilteringOptions>? _filtering = services.GetService<IOptionsMonitor<HostFilteringOptions>>();
    private readonly ICorsPolicyProvider? _policies = services.GetService<ICorsPolicyProvider>();

    /// <summary>
    /// Whether both ends of the request are on this machine. Of an environment for development it is not said: a container listens on every interface there, too.
    /// </summary>
    public static bool IsLocal(HttpContext http)
    {
        var connection = http.Connection;
        return connection is { RemoteIpAddress: { } remote, LocalIpAddress: { } local }
            && IPAddress.IsLoopback(remote)
            && IPAddress.IsLoopback(local)
            && !Array.Exists(ProxyHeaders, http.Request.Headers.ContainsKey);
    }

    /// <summary>Whether the endpoint or the application's AllowedHosts names the host; <c>null</c> where neither says anything of it.</summary>
    public bool? AllowsHost(HttpContext http, string host)
    {
        // Routing has compared the host with them, or the request would not be here. A star says nothing of the name.
        if (http.GetEndpoint()?.Metadata.GetMetadata<IHostMetadata>() is { Hosts.Count: > 0 } required && required.Hosts.All(NamesHost))
            return true;
        if (_filtering?.CurrentValue.AllowedHosts is not { Count: > 0 } allowed || allowed.Contains("*"))
            return null;
        return HostString.MatchesAny(new StringSegment(HostString.FromUriComponent(host).Host), [.. allowed.Select(h => new StringSegment(h))]) ? true : null;
    }

    /// <summary>Whether the policy that ASP.NET Core has for the request's origin allows it; <c>null</c> where it has none, and for the page of the server itself.</summary>
    public async ValueTask<bool?> AllowsOriginAsync(HttpContext http)
    {
        if (await PolicyOfAsync(http).ConfigureAwait(false) is not { } policy)
            return null;
        var origin = http.Request.Headers.Origin.ToString();
        // The policy's own question knows nothing of the star.
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
        // Middleware for the whole application: which policy it uses it does not tell, and nearly always it is the default one.
        return _policies is not null && http.Items.ContainsKey(CorsHasRun) ? await _policies.GetPolicyAsync(http, policyName: null).ConfigureAwait(false) : null;
    }
}
