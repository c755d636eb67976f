namespace JsonRpcLite;

/// <content>Calls that run once.</content>
public sealed partial class JsonRpcMethods
{
    /// <summary>
    /// Has calls with a key (the header <see cref="HeaderFields.IdempotencyKey"/>) run once, however often they are sent: each repetition is answered with what came of the first.
    /// </summary>
    /// <remarks>
    /// <para>A result is kept, and an error that the method has answered with. A call that failed otherwise or was refused runs again. One that ended because its token told it to may
    /// have done half of its work, and is answered -32022 (<see cref="JsonRpcErrorCodes.OutcomeUnknown"/>). While it runs, a repetition is answered -32020 (<see cref="JsonRpcErrorCodes.KeyInProgress"/>); a key with other parameters -32021 (<see cref="JsonRpcErrorCodes.KeyReused"/>).</para>
    /// <para>A key counts for one caller, method and place in a batch. Who is authenticated has keys of their own; where nobody is, all callers share them, so keys should be ones
    /// that cannot be guessed. A call with a key is answered whole, never as a stream. Methods that are <see cref="JsonRpcIdempotency.Safe"/> are left alone.</para>
    /// <para>It stands among the middleware in the order of <see cref="Use(JsonRpcMiddleware)"/>: what is outside sees each repetition, what is inside the call that runs. Middleware that
    /// sets <see cref="JsonRpcCall.User"/> must be outside, or all callers share their keys.</para>
    /// </remarks>
    /// <param name="store">Keeps the keys, such as a <see cref="MemoryIdempotencyStore"/>.</param>
    /// <param name="options">The settings; <c>null</c>, the default, takes all defaults.</param>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">The registry has a store already, or a server has started with it.</exception>
    /// <example>
    /// <code>
    /// var methods = new JsonRpcMethods().UseIdempotency(new MemoryIdempotencyStore()).Add("order.place", (Order order) => shop.Place(order));
    /// </code>
    /// </example>
    public JsonRpcMethods UseIdempotency(IdempotencyStore store, IdempotencyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (_keepsKeys)
            throw new InvalidOperationException("There is a store for idempotency keys already.");
        var calls = new KeyedCalls(store, options?.Copy() ?? new IdempotencyOptions());
        Use((info, next) =>
        {
            var isRequired = calls.Requires(info);
            return info.Idempotency == JsonRpcIdempotency.Safe && !isRequired ? next : new KeyedMethod(calls, info.Serializer, isRequired, next).CallAsync;
        });
        _keepsKeys = true;
        return this;
    }

    private void CheckRequiredKeys(IEnumerable<JsonRpcMethodInfo> methods)
    {
        if (!_keepsKeys && methods.FirstOrDefault(method => method.RequiresIdempotencyKey) is { } method)
            throw new InvalidOperationException($"The method '{method.Name}' requires an idempotency key, and nothing keeps keys. Call {nameof(UseIdempotency)}.");
    }
}
