using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace JsonRpcLite;

/// <summary>Evaluates the policies of methods before a call does anything.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class MethodAuthorization
{
    private readonly IServiceProvider _services;

    /// <summary>The rules.</summary>
    /// <remarks>Methods with the same requirements share one, so that it is evaluated once for a document.</remarks>
    private readonly Dictionary<string, PolicyRule> _rules = new(StringComparer.Ordinal);

    /// <summary>The rules by the names of methods; methods without a rule are not in it.</summary>
    private readonly Dictionary<string, PolicyRule> _methods = new(StringComparer.Ordinal);

    private MethodAuthorization(IServiceProvider services) => _services = services;

    /// <summary>Adds the policies in front of the methods of a registry.</summary>
    /// <param name="methods">The registry.</param>
    /// <param name="services">The services of the application.</param>
    /// <param name="requiresMarks">Whether a method that does not specify who may call it is an error.</param>
    public static void Add(JsonRpcMethods methods, IServiceProvider services, bool requiresMarks)
    {
        var authorization = new MethodAuthorization(services);
        methods.UseOutermost((info, next) =>
        {
            if (authorization.RuleFor(info) is { } rule)
                return new Guarded(rule, next).CallAsync;
            if (requiresMarks && !IsMarked(info))
            {
                throw new InvalidOperationException(
                    $"The method '{info.Name}' does not specify who may call it, "
                    + $"but {nameof(JsonRpcEndpointOptions)}.{nameof(JsonRpcEndpointOptions.RequireMarkedMethods)} is set. "
                    + "Give it [Authorize] or [AllowAnonymous].");
            }
            return next;
        });
        methods.FilterDiscovery((info, call) => authorization._methods.TryGetValue(info.Name, out var rule) ? rule.IsAllowedOnceAsync(call) : ValueTask.FromResult(true));
    }

    private static bool IsMarked(JsonRpcMethodInfo info) =>
        info.RequiresUser || info.Name.StartsWith("rpc.", StringComparison.Ordinal) || info.Metadata.OfType<IAllowAnonymous>().Any();

    private PolicyRule? RuleFor(JsonRpcMethodInfo info)
    {
        var data = info.Metadata.OfType<IAuthorizeData>().ToArray();
        var policies = info.Metadata.OfType<AuthorizationPolicy>().ToArray();
        var requirements = info.Metadata.OfType<IAuthorizationRequirementData>().SelectMany(d => d.GetRequirements()).ToArray();
        // As in ASP.NET Core, [AllowAnonymous] overrides everything else.
        if (data.Length + policies.Length + requirements.Length == 0)
            return null;
        if (info.Metadata.OfType<IAllowAnonymous>().Any())
        {
            // The attributes of a class come before those of its method.
            if (info.Metadata.SkipWhile(m => m is not IAllowAnonymous).Any(m => m is IAuthorizeData or AuthorizationPolicy or IAuthorizationRequirementData))
            {
                throw new InvalidOperationException(
                    $"The method '{info.Name}' has [Authorize], but [AllowAnonymous] overrides it: everyone could call it. Remove one of them; in place of [AllowAnonymous] on a class, put it on the open methods.");
            }
            return null;
        }
        // The service itself is resolved only in the scope of a request, because its handlers may be scoped.
        var hasService = _services.GetService<IServiceProviderIsService>()?.IsService(typeof(IAuthorizationService)) != false;
        if (!hasService || _services.GetService<IAuthorizationPolicyProvider>() is not { } provider)
            throw new InvalidOperationException(
                $"The method '{info.Name}' requires authorization, but the application has no authorization services. Add them: builder.Services.AddAuthorization().");
        if (requirements.Length > 0)
            policies = [.. policies, new AuthorizationPolicy(requirements, [])];
        CheckNames(info.Name, data, policies, provider);
        var rule = new PolicyRule(data, policies, provider);
        if (policies.Length == 0)
        {
            var key = string.Join('\n', data.Select(d => $"{d.Policy}\r{d.Roles}\r{d.AuthenticationSchemes}"));
            if (!_rules.TryAdd(key, rule))
                rule = _rules[key];
        }
        _methods[info.Name] = rule;
        return rule;
    }

    /// <summary>Rejects policies and schemes that the application does not have: each call would fail with an unexpected exception.</summary>
    /// <remarks>Providers of the application's own are not asked: they may learn names later, and may take time.</remarks>
    private void CheckNames(string method, IAuthorizeData[] data, AuthorizationPolicy[] policies, IAuthorizationPolicyProvider provider)
    {
        if (provider.GetType() != typeof(DefaultAuthorizationPolicyProvider))
            return;
        foreach (var name in data.Select(d => d.Policy).Where(name => !string.IsNullOrWhiteSpace(name)))
        {
            if (provider.GetPolicyAsync(name!) is { IsCompletedSuccessfully: true, Result: null })
            {
                throw new InvalidOperationException(
                    $"The method '{method}' requires the policy '{name}', which the application does not have. "
                    + $"Add it: builder.Services.AddAuthorizationBuilder().AddPolicy(\"{name}\", policy => ...).");
            }
        }
        var schemes = _services.GetService<IAuthenticationSchemeProvider>();
        if (schemes is not null && schemes.GetType() != typeof(AuthenticationSchemeProvider)
            || AuthorizationPolicy.CombineAsync(provider, data, policies) is not { IsCompletedSuccessfully: true, Result: { } policy })
            return;
        foreach (var scheme in policy.AuthenticationSchemes)
        {
            if (schemes is null || schemes.GetSchemeAsync(scheme) is { IsCompletedSuccessfully: true, Result: null })
            {
                throw new InvalidOperationException(
                    $"The method '{method}' requires the authentication scheme '{scheme}', which the application does not have. "
                    + "Add it to builder.Services.AddAuthentication(), or correct its name in [Authorize] or in the policy.");
            }
        }
    }

    private sealed class Guarded(PolicyRule rule, JsonRpcMethod next)
    {
        public ValueTask CallAsync(JsonRpcCall call, CancellationToken cancellationToken)
        {
            var asking = rule.AuthorizeAsync(call);
            if (!asking.IsCompletedSuccessfully)
                return AwaitAsync(asking, call, cancellationToken);
            return asking.Result ? next(call, cancellationToken) : throw Refusal();
        }

        private async ValueTask AwaitAsync(ValueTask<bool> asking, JsonRpcCall call, CancellationToken cancellationToken)
        {
            if (!await asking.ConfigureAwait(false))
                throw Refusal();
            await next(call, cancellationToken).ConfigureAwait(false);
        }

        private static JsonRpcException Refusal() => new(JsonRpcErrorCodes.NotAllowed, "Not allowed");
    }
}
