using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace JsonRpcLite;

/// <summary>One combination of policies, roles and schemes, evaluated for the caller of a call.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class PolicyRule(IReadOnlyList<IAuthorizeData> data, IReadOnlyList<AuthorizationPolicy> policies, IAuthorizationPolicyProvider provider)
{
    private AuthorizationPolicy? _policy;

    /// <summary>Whether the caller may call the methods of this rule.</summary>
    /// <remarks>If the policy names schemes, the user that they authenticate becomes the call's user.</remarks>
    public async ValueTask<bool> AuthorizeAsync(JsonRpcCall call)
    {
        var policy = _policy ?? await PolicyAsync().ConfigureAwait(false);
        var (isAllowed, user) = await AskAsync(call, policy).ConfigureAwait(false);
        if (isAllowed && policy.AuthenticationSchemes.Count > 0)
            call.User = user is { Identity.IsAuthenticated: true } ? user : null;
        return isAllowed;
    }

    /// <summary>Evaluates the rule once per call, for a document that needs it for many methods, and stores the result in the call.</summary>
    public async ValueTask<bool> IsAllowedOnceAsync(JsonRpcCall call)
    {
        if (call.Items.TryGetValue(this, out var known))
            return (bool)known!;
        var (isAllowed, _) = await AskAsync(call, _policy ?? await PolicyAsync().ConfigureAwait(false)).ConfigureAwait(false);
        call.Items[this] = isAllowed;
        return isAllowed;
    }

    private async Task<AuthorizationPolicy> PolicyAsync()
    {
        var policy = await AuthorizationPolicy.CombineAsync(provider, data, policies).ConfigureAwait(false);
        if (provider.AllowsCachingPolicies)
            _policy = policy;
        return policy!;
    }

    /// <summary>Evaluates a policy with the request's handlers of authentication and authorization.</summary>
    /// <remarks>The calls of a batch, which may run in parallel, evaluate theirs one after another.</remarks>
    private static async ValueTask<(bool IsAllowed, ClaimsPrincipal User)> AskAsync(JsonRpcCall call, AuthorizationPolicy policy)
    {
        if (call.Exchange is not EndpointExchange exchange)
            throw new InvalidOperationException($"The call of '{call.Method}' did not come through ASP.NET Core, so its policy cannot be evaluated.");
        await exchange.Asking.WaitAsync(exchange.Http.RequestAborted).ConfigureAwait(false);
        try
        {
            var http = exchange.Http;
            var user = policy.AuthenticationSchemes.Count == 0 ? http.User : await AuthenticateAsync(http, policy.AuthenticationSchemes).ConfigureAwait(false);
            var result = await http.RequestServices.GetRequiredService<IAuthorizationService>().AuthorizeAsync(user, http, policy).ConfigureAwait(false);
            return (result.Succeeded, user);
        }
        finally
        {
            exchange.Asking.Release();
        }
    }

    /// <summary>Authenticates the caller by the schemes of the policy.</summary>
    /// <remarks>The request's own user does not change: another call of its batch may be evaluated by another scheme.</remarks>
    private static async Task<ClaimsPrincipal> AuthenticateAsync(HttpContext http, IReadOnlyList<string> schemes)
    {
        var user = new ClaimsPrincipal();
        foreach (var scheme in schemes)
        {
            var result = await http.AuthenticateAsync(scheme).ConfigureAwait(false);
            if (result is { Succeeded: true, Principal: { } principal })
                user.AddIdentities(principal.Identities);
        }
        return user;
    }
}
