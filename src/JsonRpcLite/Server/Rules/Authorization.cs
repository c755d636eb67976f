using System.Runtime.CompilerServices;
using System.Security.Claims;

namespace JsonRpcLite;

/// <summary>Asks who calls before anything of the body is read, and lets nobody through who is nobody.</summary>
internal sealed class Authorization(Func<HttpExchange, CancellationToken, ValueTask<ClaimsPrincipal?>> authorize, string challenge, ErrorReply errors, HttpExchangeHandler next)
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        exchange.User = await authorize(exchange, cancellationToken).ConfigureAwait(false);
        if (exchange.User is null)
        {
            exchange.ResponseFields["WWW-Authenticate"] = challenge;
            errors.Refuse(exchange, 401, "Say who you are: the Authorization field is missing, or not accepted.");
            return;
        }
        await next(exchange, cancellationToken).ConfigureAwait(false);
    }
}
