using System.ComponentModel;

namespace JsonRpcLite.CompilerServices;

/// <summary>Sends what a contract's method returns item by item, to callers that accept a stream; others get the list. Thread-safe.</summary>
/// <typeparam name="T">The type of an item.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ContractItems<T>
{
    private readonly ValueFormat<T> _format;
    private readonly bool _isStreamOnly;

    internal ContractItems(ValueFormat<T> format, bool isStreamOnly)
    {
        _format = format;
        _isStreamOnly = isStreamOnly;
    }

    /// <summary>Opens the stream, before anything of the method runs.</summary>
    /// <param name="call">The call.</param>
    /// <exception cref="JsonRpcException">The caller accepts no stream, and the method has no other answer; or too many streams are open.</exception>
    public void Open(JsonRpcCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        call.OpenStream(_isStreamOnly);
    }

    /// <summary>Sends the items.</summary>
    /// <param name="call">The call.</param>
    /// <param name="items">The items.</param>
    /// <param name="cancellationToken">The token of the call, for the sequence.</param>
    public ValueTask WriteAsync(JsonRpcCall call, IAsyncEnumerable<T> items, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        return call.WriteItemsAsync(items ?? throw new InvalidOperationException($"The method '{call.Method}' returned null in place of a sequence."), _format, cancellationToken);
    }
}
