namespace JsonRpcLite;

/// <summary>Composes the middleware of a client around its transport, once, so that a call allocates nothing for it.</summary>
internal static class ClientPipeline
{
    /// <param name="client">The calls of the client.</param>
    /// <param name="middleware">The middleware; the first is the outermost.</param>
    /// <param name="retry">The rules for retries, which run around all middleware; <c>null</c> for no retries.</param>
    /// <returns>The handler that sends a call; <c>null</c> where the transport sends it directly.</returns>
    public static JsonRpcClientHandler? Compose(ClientCalls client, IEnumerable<JsonRpcClientMiddleware> middleware, JsonRpcRetryOptions? retry)
    {
        if (retry is not null)
            middleware = middleware.Prepend(new RetryMiddleware(retry.Copy(), client.TimeProvider).SendAsync);
        if (!middleware.Any())
            return null;
        JsonRpcClientHandler next = static (call, cancellationToken) => call.Sender!.SendAttemptAsync(call, cancellationToken);
        foreach (var step in middleware.Reverse())
            next = new Step(step, next, client).SendAsync;
        return next;
    }

    private sealed class Step(JsonRpcClientMiddleware middleware, JsonRpcClientHandler next, ClientCalls client)
    {
        public ValueTask SendAsync(JsonRpcClientCall call, CancellationToken cancellationToken)
        {
            call.Next.Check(client);
            return middleware(call, next, cancellationToken);
        }
    }
}
