using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace JsonRpcLite.CompilerServices;

/// <summary>Writes what a contract's method returns. Thread-safe.</summary>
/// <typeparam name="T">Its type.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ContractResult<T>
{
    private readonly ValueFormat<T> _format;

    internal ContractResult(ValueFormat<T> format) => _format = format;

    /// <summary>Writes a result that is there.</summary>
    /// <param name="call">The call.</param>
    /// <param name="value">The result.</param>
    public ValueTask Write(JsonRpcCall call, T value)
    {
        ArgumentNullException.ThrowIfNull(call);
        _format.Write(call.Result, value);
        return default;
    }

    /// <summary>Writes a result when it is there.</summary>
    /// <param name="call">The call.</param>
    /// <param name="task">Ends with the result.</param>
    public ValueTask WriteAsync(JsonRpcCall call, ValueTask<T> task)
    {
        ArgumentNullException.ThrowIfNull(call);
        return task.IsCompletedSuccessfully ? Write(call, task.Result) : AwaitAsync(call, task);
    }

    /// <inheritdoc cref="WriteAsync(JsonRpcCall, ValueTask{T})"/>
    public ValueTask WriteAsync(JsonRpcCall call, Task<T> task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return WriteAsync(call, new ValueTask<T>(task));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitAsync(JsonRpcCall call, ValueTask<T> task) => _format.Write(call.Result, await task.ConfigureAwait(false));
}
