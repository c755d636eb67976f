using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;

namespace JsonRpcLite;

/// <summary>The outermost middleware, which gives each call its services.</summary>
/// <remarks>These are the services that the call has already, or a new scope, which is created on the first request for it and ends with the call.</remarks>
internal sealed class CallScopes
{
    private readonly Func<JsonRpcCall, IServiceProvider?> _make;

    /// <param name="scopes">The factory of scopes.</param>
    /// <param name="find">Finds services that a call has already, such as those of its HTTP request; <c>null</c> for a new scope.</param>
    public CallScopes(IServiceScopeFactory scopes, Func<JsonRpcCall, IServiceProvider?>? find) => _make = call =>
    {
        if (find?.Invoke(call) is { } services)
            return services;
        var scope = scopes.CreateAsyncScope();
        call.Items[this] = scope;
        return scope.ServiceProvider;
    };

    public ValueTask InvokeAsync(JsonRpcCall call, JsonRpcMethod next, CancellationToken cancellationToken)
    {
        call.UseServices(_make);
        ValueTask running;
        try
        {
            running = next(call, cancellationToken);
        }
        catch (Exception e)
        {
            running = ValueTask.FromException(e);
        }
        // Usually the function needs no services.
        return running.IsCompletedSuccessfully && !call.HasServices ? running : AwaitAsync(running, call);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitAsync(ValueTask running, JsonRpcCall call)
    {
        try
        {
            await running.ConfigureAwait(false);
        }
        finally
        {
            if (call.HasServices && call.Items.Remove(this, out var scope))
                await ((AsyncServiceScope)scope!).DisposeAsync().ConfigureAwait(false);
        }
    }
}
