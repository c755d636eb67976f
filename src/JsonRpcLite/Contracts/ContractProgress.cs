using System.ComponentModel;

namespace JsonRpcLite.CompilerServices;

/// <summary>Sends what a contract's method reports as its progress. Thread-safe.</summary>
/// <typeparam name="T">The type of a report.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ContractProgress<T>
{
    private readonly ValueFormat<T> _format;

    internal ContractProgress(ValueFormat<T> format) => _format = format;

    /// <summary>Runs a method that returns nothing.</summary>
    /// <param name="call">The call.</param>
    /// <param name="function">Runs the method with what takes its reports.</param>
    public ValueTask RunAsync(JsonRpcCall call, Func<IProgress<T>, Task> function)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(function);
        var reports = new ProgressReports<T>();
        return call.RunAsync(reports, _format, () => function(reports));
    }

    /// <summary>Runs a method, and writes its result.</summary>
    /// <param name="call">The call.</param>
    /// <param name="function">Runs the method with what takes its reports.</param>
    /// <param name="result">Writes its result.</param>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    public async ValueTask RunAsync<TResult>(JsonRpcCall call, Func<IProgress<T>, Task<TResult>> function, ContractResult<TResult> result)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(result);
        var reports = new ProgressReports<T>();
        Task<TResult>? running = null;
        await call.RunAsync(reports, _format, () => running = function(reports)).ConfigureAwait(false);
        await result.WriteAsync(call, running!).ConfigureAwait(false);
    }
}
