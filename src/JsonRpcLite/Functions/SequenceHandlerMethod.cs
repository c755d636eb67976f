namespace JsonRpcLite;

/// <summary>A method that takes all its parameters as one value, and returns a sequence.</summary>
internal sealed class SequenceHandlerMethod<TParams, TItem>
{
    private readonly Func<TParams, JsonRpcCall, CancellationToken, IAsyncEnumerable<TItem>> _function;
    private readonly bool _isStreamOnly;
    private readonly HandlerInput<TParams> _input;
    private readonly ValueFormat<TItem> _item;

    public SequenceHandlerMethod(bool takesNull, bool isStreamOnly, Func<TParams, JsonRpcCall, CancellationToken, IAsyncEnumerable<TItem>> function, JsonRpcSerializer serializer)
    {
        _function = function;
        _isStreamOnly = isStreamOnly;
        _input = new HandlerInput<TParams>(takesNull, serializer);
        _item = new ValueFormat<TItem>(serializer.TypeOf<TItem>());
    }

    public ValueTask CallAsync(JsonRpcCall call, CancellationToken cancellationToken)
    {
        // The stream's permit is taken before the method runs.
        call.OpenStream(_isStreamOnly);
        var items = _function(_input.Read(call.Parameters.Span), call, cancellationToken)
            ?? throw new InvalidOperationException($"The method '{call.Method}' returned null instead of a sequence.");
        return call.WriteItemsAsync(items, _item, cancellationToken);
    }
}
