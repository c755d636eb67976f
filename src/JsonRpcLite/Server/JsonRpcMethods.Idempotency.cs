namespace JsonRpcLite;

/// <content>Idempotency keys.</content>
public sealed partial class JsonRpcMethods
{
    /// <summary>Runs a call with an idempotency key (<see cref="HeaderFields.IdempotencyKey"/>) once, however often it is sent.</summary>
    /// <remarks>
    /// <para>A repetition is answered with the outcome of the first call: its result, or the error that the method has thrown (<see cref="JsonRpcException"/>, with any code).
    /// While the call runs, a repetition is answered with -32020 (<see cref="JsonRpcErrorCodes.KeyInProgress"/>). The same key with other parameters is answered with -32021
    /// (<see cref="JsonRpcErrorCodes.KeyReused"/>).</para>
    /// <para>A repetition runs if the method did not: if the library or a gate refused the call (-32602 for parameters that do not fit, -32000, -32003, -32004, -32005). It also
    /// runs if the method failed with another exception (-32603), or if its result was too large (-32011). But a method that failed in this way after its token was cancelled may
    /// have done half of its work: a repetition is answered with -32022 (<see cref="JsonRpcErrorCodes.OutcomeUnknown"/>), and does not run. The same applies to an error whose
    /// data cannot be written as JSON.</para>
    /// <para>A key belongs to one caller, one method and one position in a batch. Each authenticated caller has its own keys. Callers that are not authenticated share theirs,
    /// and need keys that cannot be guessed. A call with a key gets one complete response, never a stream. Methods that are <see cref="JsonRpcIdempotency.Safe"/> ignore
    /// keys.</para>
    /// <para>The order among middleware is that of <see cref="Use(JsonRpcMiddleware)"/>: middleware that is added before sees each repetition, middleware that is added after
    /// only the call that runs. Middleware that sets <see cref="JsonRpcCall.User"/> must be added before, or all callers share their keys.</para>
    /// </remarks>
    /// <param name="store">The store of the keys, such as a <see cref="MemoryIdempotencyStore"/>.</param>
    /// <param name="options">The settings; <c>null</c>, the default, selects the defaults.</param>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">The registry already has a store, or a server has started with it.</exception>
    /// <example>
    /// <code>
    /// var methods = new JsonRpcMethods().UseIdempotency(new MemoryIdempotencyStore()).Add("order.place", (Order order) => shop.Place(order));
    /// </code>
    /// </example>
    public JsonRpcMethods UseIdempotency(IdempotencyStore store, IdempotencyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (_keepsKeys)
            throw new InvalidOperationException("There is already a store for idempotency keys.");
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
            throw new InvalidOperationException($"The method '{method.Name}' requires an idempotency key, but there is no store for keys. Call {nameof(UseIdempotency)}.");
    }
}
