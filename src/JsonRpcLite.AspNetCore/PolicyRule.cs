using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace JsonRpcLite;

/// <summary>One combination of policies, roles and schemes, asked for the caller of a call. Thread-safe.</summary>
internal sealed class PolicyRule(IReadOnlyList<IAuthorizeData> data, IReadOnlyList<AuthorizationPolicy> policies, IAuthorizationPolicyProvider provider)
{
    private AuthorizationPolicy? _policy;

    /// <summary>Whether the caller may call the methods of this rule. Where the policy names schemes, the call's user is the one whom they say.</summary>
    public async ValueTask<bool> AuthorizeAsync(JsonRpcCall call)
    {
        var policy = _policy ?? await PolicyAsync().ConfigureAwait(false);
        var (isAllowed, user) = await AskAsync(call, policy).ConfigureAwait(false);
        if (isAllowed && policy.AuthenticationSchemes.Count > 0)
            call.User = user is { Identity.IsAuthenticated: true } ? user : null;
        return isAllowed;
    }

    /// <summary>The same for a document, which asks for many methods: the answer is kept with the call.</summary>
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

    /// <summary>Asks the handlers of authentication and authorization, which are the request's: the calls of a batch, which may run side by side, ask one after another.</summary>
    private static async ValueTask<(bool IsAllowed, ClaimsPrincipal User)> AskAsync(JsonRpcCall call, AuthorizationPolicy policy)
    {
        if (call.Exchange is not EndpointExchange exchange)
            throw new InvalidOperationException($"The call of '{call.Method}' did not come through ASP.NET Core, and nothing can ask its policy.");
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

    /// <summary>Who the caller is by the schemes that the policy names. The request's own user stays: another call of its batch may be judged by another scheme.</summary>
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
