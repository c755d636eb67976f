namespace JsonRpcLite;

/// <content>Calls that run once.</content>
public sealed partial class JsonRpcMethods
{
    /// <summary>Runs a call with an idempotency key (<see cref="HeaderFields.IdempotencyKey"/>) once, however often it is sent.</summary>
    /// <remarks>
    /// <para>A repetition is answered with the outcome of the first call: its result, or the error that the method has answered with (<see cref="JsonRpcException"/>, of any
    /// code). While the call runs, a repetition is answered -32020 (<see cref="JsonRpcErrorCodes.KeyInProgress"/>). The same key with other parameters is answered -32021
    /// (<see cref="JsonRpcErrorCodes.KeyReused"/>).</para>
    /// <para>A repetition runs where the method did not: where the library or a gate refused the call (-32602 of parameters that do not fit, -32000, -32003, -32004, -32005).
    /// It also runs where the method failed with another exception (-32603), or its result was too large (-32011). But a method that failed so after its token was cancelled
    /// may have done half of its work: a repetition is answered -32022 (<see cref="JsonRpcErrorCodes.OutcomeUnknown"/>), and does not run. The same
    /// holds for an error whose data cannot be written as JSON.</para>
    /// <para>A key counts for one caller, method and place in a batch. Each authenticated caller has its own keys. Callers that are not authenticated share theirs, and need
    /// keys that cannot be guessed. A call with a key is answered whole, never as a stream. Methods that are <see cref="JsonRpcIdempotency.Safe"/> are left alone.</para>
    /// <para>It stands among the middleware in the order of <see cref="Use(JsonRpcMiddleware)"/>: what is outside sees each repetition, what is inside the call that runs.
    /// Middleware that sets <see cref="JsonRpcCall.User"/> must be outside, or all callers share their keys.</para>
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
