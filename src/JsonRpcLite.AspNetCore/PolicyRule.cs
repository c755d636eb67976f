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

    /// <summary>Whether the caller may call the methods of this rule.</summary>
    public async ValueTask<bool> IsAllowedAsync(JsonRpcCall call)
    {
        var http = call.GetHttpContext() ?? throw new InvalidOperationException($"The call of '{call.Method}' did not come through ASP.NET Core, and nothing can ask its policy.");
        var policy = _policy ?? await PolicyAsync().ConfigureAwait(false);
        var user = policy.AuthenticationSchemes.Count == 0 ? http.User : await AuthenticateAsync(http, policy.AuthenticationSchemes).ConfigureAwait(false);
        var result = await http.RequestServices.GetRequiredService<IAuthorizationService>().AuthorizeAsync(user, http, policy).ConfigureAwait(false);
        return result.Succeeded;
    }

    /// <summary>The same for a document, which asks for many methods: the answer is kept with the call.</summary>
    public async ValueTask<bool> IsAllowedOnceAsync(JsonRpcCall call)
    {
        if (call.Items.TryGetValue(this, out var known))
            return (bool)known!;
        var isAllowed = await IsAllowedAsync(call).ConfigureAwait(false);
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

    /// <summary>
    /// Who the caller is by the schemes that the policy names. The request's own user stays: another call of its batch may be judged by another scheme. Handlers of authentication belong to the request, and are
    /// not made for several calls at once.
    /// </summary>
    private static async Task<ClaimsPrincipal> AuthenticateAsync(HttpContext http, IReadOnlyList<string> schemes)
    {
        var turn = TurnOf(http);
        await turn.WaitAsync(http.RequestAborted).ConfigureAwait(false);
        try
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
        finally
        {
            turn.Release();
        }
    }

    private static SemaphoreSlim TurnOf(HttpContext http)
    {
        lock (http.Items)
        {
            if (http.Items.TryGetValue(typeof(PolicyRule), out var known))
                return (SemaphoreSlim)known!;
            var turn = new SemaphoreSlim(1);
            http.Items[typeof(PolicyRule)] = turn;
            return turn;
        }
    }
}
