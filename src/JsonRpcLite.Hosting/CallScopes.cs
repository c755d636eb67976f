using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;

namespace JsonRpcLite;

/// <summary>
/// Gives each call its services: a scope of its own, which is made when it is first asked for and ends with the call, unless there are services that the call has already. The
/// outermost middleware.
/// </summary>
internal sealed class CallScopes
{
    private readonly Func<JsonRpcCall, IServiceProvider?> _make;

    /// <param name="scopes">Makes scopes.</param>
    /// <param name="find">Gives services that a call has already, such as those of its HTTP request; <c>null</c> for a scope of its own.</param>
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
        // Nearly always for a function that needs no services.
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
