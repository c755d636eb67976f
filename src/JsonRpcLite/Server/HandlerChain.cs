namespace JsonRpcLite;

/// <summary>
/// All handlers of a server in their order, put together once when it starts: the rules of HTTP, the same for every transport, and at the end the user's
/// function. Each either answers or hands on.
/// </summary>
internal sealed class HandlerChain : IDisposable
{
    private readonly ErrorReply _errors;
    private readonly TrafficLog? _log;

    private HandlerChain(HttpExchangeHandler handler, CallLimit callLimit, ErrorReply errors, TrafficLog? log)
    {
        Handler = handler;
        CallLimit = callLimit;
        _errors = errors;
        _log = log;
    }

    public HttpExchangeHandler Handler { get; }

    public CallLimit CallLimit { get; }

    /// <summary>For what answers POST alone, a function or JSON-RPC: with the paths for health checks in front.</summary>
    public static HandlerChain ForCalls(JsonRpcServerOptions options, FailureReport failures, ErrorReply errors, HttpExchangeHandler call) =>
        Compose(options, failures, errors, WithPage(options, errors, WithAuthentication(options, errors, new PostOnlyHandler(errors, call).HandleAsync)), withHealth: true);

    /// <summary>For a user's own handler: every path and method is its own.</summary>
    public static HandlerChain ForExchanges(JsonRpcServerOptions options, FailureReport failures, HttpExchangeHandler handler) =>
        Compose(options, failures, ErrorReply.Plain, WithAuthentication(options, ErrorReply.Plain, handler), withHealth: false);

    /// <summary>Answers what never became a request.</summary>
    public void Refuse(HttpExchange exchange, int statusCode, string message)
    {
        exchange.CloseConnection = true;
        if (statusCode == 503)
            exchange.ResponseFields["Retry-After"] = "1";
        _errors.Refuse(exchange, statusCode, message);
        _log?.WriteRefusal(exchange);
    }

    public void Dispose() => CallLimit.Dispose();

    /// <summary>Before authentication: a navigation carries no token, and the page tells nothing by itself.</summary>
    private static HttpExchangeHandler WithPage(JsonRpcServerOptions options, ErrorReply errors, HttpExchangeHandler next) =>
        options.Discovery.Playground ?? options.Transport!.IsLoopback(options) ? new PlaygroundHandler(errors == ErrorReply.JsonRpc, next).HandleAsync : next;

    private static HttpExchangeHandler WithAuthentication(JsonRpcServerOptions options, ErrorReply errors, HttpExchangeHandler next) =>
        options.Authenticate is { } authenticate ? new Authentication(authenticate, options.AuthenticationChallenge, errors, next).HandleAsync : next;

    private static HandlerChain Compose(JsonRpcServerOptions options, FailureReport failures, ErrorReply errors, HttpExchangeHandler last, bool withHealth)
    {
        TrafficLog? log = null;

        // From the inside out. The boundary stands inside of the guard, so that a web page that may call can also read an error.
        var limit = new CallLimit(options, errors, (exchange, reply) => log?.WriteEarly(exchange, reply), last);
        HttpExchangeHandler handler = new ErrorBoundary(errors, failures, limit.HandleAsync).HandleAsync;
        handler = new BrowserGuard(options, errors, handler).HandleAsync;
        if (withHealth)
            handler = new HealthHandler(() => limit.IsDraining, errors, handler).HandleAsync;
        handler = new HeadLimit(options, errors, handler).HandleAsync;
        if (options.TrafficLog is not null)
        {
            log = new TrafficLog(options.TrafficLog, options.TimeProvider, handler);
            handler = log.HandleAsync;
        }
        return new HandlerChain(handler, limit, errors, log);
    }
}
