namespace Middleware;

/// <summary>Sends calls with a token, and a call that gets a 401 once more with a new token. Of several rejected calls, the first gets the new token for all.</summary>
internal sealed class TokenRefresh(Func<Task<string>> getToken)
{
    private readonly Lock _lock = new();
    private Task<string>? _token;

    public async ValueTask SendAsync(JsonRpcClientCall call, JsonRpcClientHandler next, CancellationToken cancellationToken)
    {
        var token = TokenInsteadOf(null);
        call.Exchange.RequestHeaders["Authorization"] = $"Bearer {await token.WaitAsync(cancellationToken)}";
        await next(call, cancellationToken);
        if (call.Exchange.StatusCode != 401)
            return;
        call.Exchange.RequestHeaders["Authorization"] = $"Bearer {await TokenInsteadOf(token).WaitAsync(cancellationToken)}";
        await next(call, cancellationToken);
    }

    private Task<string> TokenInsteadOf(Task<string>? rejected)
    {
        lock (_lock)
            return _token is null or { IsFaulted: true } or { IsCanceled: true } || _token == rejected ? _token = getToken() : _token;
    }
}
