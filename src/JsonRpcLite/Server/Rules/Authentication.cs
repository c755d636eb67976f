using System.Runtime.CompilerServices;
using System.Security.Claims;

namespace JsonRpcLite;

/// <summary>Authenticates callers (RFC 9110 11), and rejects unauthenticated requests before their body is read.</summary>
internal sealed class Authentication(Func<HttpExchange, CancellationToken, ValueTask<ClaimsPrincipal?>> authenticate, string challenge, ErrorReply errors, HttpExchangeHandler next)
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        // Middleware around the exchange may have authenticated the caller already.
        var user = exchange.User is { Identity.IsAuthenticated: true } known ? known : await authenticate(exchange, cancellationToken).ConfigureAwait(false);
        // A principal alone proves nothing: ASP.NET Core's for an anonymous request is not null either.
        if (user?.Identity?.IsAuthenticated != true)
        {
            exchange.ResponseHeaders["WWW-Authenticate"] = challenge;
            errors.Refuse(exchange, 401, "The request is not authenticated: its Authorization header is missing or was not accepted.");
            return;
        }
        exchange.User = user;
        await next(exchange, cancellationToken).ConfigureAwait(false);
    }
}
