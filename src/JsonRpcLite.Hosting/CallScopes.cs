using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;

namespace JsonRpcLite;

/// <summary>Gives each call its services: a scope of its own, which ends with the call, unless there is one that it belongs to. The outermost middleware.</summary>
/// <param name="scopes">Makes scopes.</param>
/// <param name="find">Gives services that a call has already, such as those of its HTTP request; <c>null</c> for a scope of its own.</param>
internal sealed class CallScopes(IServiceScopeFactory scopes, Func<JsonRpcCall, IServiceProvider?>? find)
{
    public ValueTask InvokeAsync(JsonRpcCall call, JsonRpcMethod next, CancellationToken cancellationToken)
    {
        if (find?.Invoke(call) is not { } services)
            return InvokeInScopeAsync(call, next, cancellationToken);
        call.Services = services;
        return next(call, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask InvokeInScopeAsync(JsonRpcCall call, JsonRpcMethod next, CancellationToken cancellationToken)
    {
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            call.Services = scope.ServiceProvider;
            await next(call, cancellationToken).ConfigureAwait(false);
        }
    }
}
