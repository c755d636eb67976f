using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>All handlers of a server in their order, composed once when the server starts.</summary>
/// <remarks>
/// The rules of HTTP come first, the same for every transport; the user's function comes last. Each handler either answers the exchange or passes it on. A single sender sends
/// the replies of all of them.
/// </remarks>
internal sealed class HandlerChain : IDisposable
{
    private readonly JsonRpcServerOptions _options;
    private readonly FailureReport _failures;
    private readonly ReplySender _sender;
    private readonly CrossOriginRule _crossOrigin;
    private readonly HttpExchangeHandler _handler;
    private readonly Action<HttpExchange, BodyStage> _onBody;
    private readonly Func<HttpExchange, bool, ValueTask> _flush;
    private readonly ProxyRule? _proxies;
    private readonly bool _isLogged;
    private readonly bool _isJsonRpc;

    private HandlerChain(JsonRpcServerOptions options, FailureReport failures, ErrorReply errors, HttpExchangeHandler last, CallMethods? methods)
    {
        (_options, _failures) = (options, failures);
        var isForCalls = methods is not null;
        (_isLogged, _isJsonRpc) = (options.TrafficLog is not null, errors.IsJsonRpc);
        var log = options.TrafficLog is { } target ? new TrafficLog(target, options.TimeProvider) : null;
        _sender = new ReplySender(errors, log);
        Calls = new CallsInFlight(options, isOfHandler: !isForCalls);
        _flush = new StreamSender(Calls, log).FlushAsync;
        _proxies = ProxyRule.For(options);
        var hosts = new ServerNames(options);
        _crossOrigin = new CrossOriginRule(options, hosts);
        // The handlers are composed from the inside out; a request passes them in the opposite order. The page comes before authentication, since a navigation carries no token,
        // and the page itself holds no names or schemas.
        var isTouched = options.Middleware.Count > 0;
        HttpExchangeHandler handler = new CallLimit(readsBodyFirst: isForCalls, maySayNotRun: !isTouched, errors, last).HandleAsync;
        if (methods is not null)
            handler = new CallRule(methods, errors, handler).HandleAsync;
        if (options.Authenticate is { } authenticate)
            handler = new Authentication(authenticate, options.AuthenticationChallenge, errors, handler).HandleAsync;
        if (methods is not null && ShowsPage(options) is { } showsPage)
            handler = new PlaygroundHandler(errors == ErrorReply.ForJsonRpc, exchange => !methods.IsGetCall(exchange) && showsPage(exchange), handler).HandleAsync;
        handler = ExchangeMiddleware.Around(handler, options.Middleware);

        // The watch has a timer, so it is created after everything that may throw, such as the user's middleware.
        Watch = new CallWatch(options, Calls, new EarlyAnswers(errors, _sender));
        _onBody = Watch.OnBody;
        Gauges = new ServerGauges(() => options.Limits.MaxConcurrentCalls - Calls.Permits.Free, () => Watch.Budget.Total);
        handler = new ExchangeLimit(Calls, Watch, errors, handler).HandleAsync;
        handler = new ErrorBoundary(errors, failures, options.SerializerOptions, handler).HandleAsync;
        handler = new BrowserGuard(hosts, _crossOrigin, methods ?? CallMethods.All, errors, handler).HandleAsync;
        if (isForCalls)
            handler = new HealthHandler(() => Calls.IsDraining, errors, handler).HandleAsync;
        handler = new HeadLimit(options, errors, handler).HandleAsync;
        _handler = handler;
    }

    /// <summary>The exchanges and calls in flight, for the shutdown.</summary>
    public CallsInFlight Calls { get; }

    /// <summary>The watch over the time limits, for the shutdown.</summary>
    public CallWatch Watch { get; }

    /// <summary>The current values that telemetry reads at any time.</summary>
    public ServerGauges Gauges { get; }

    /// <summary>Composes the handlers of a server that only answers calls, of a function or of JSON-RPC methods.</summary>
    /// <remarks>The paths for health checks are in front.</remarks>
    public static HandlerChain ForCalls(JsonRpcServerOptions options, FailureReport failures, ErrorReply errors, CallMethods methods, HttpExchangeHandler call) =>
        new(options, failures, errors, call, methods);

    /// <summary>Composes the handlers of a server with a handler of the user's own, which serves every path and method.</summary>
    public static HandlerChain ForExchanges(JsonRpcServerOptions options, FailureReport failures, HttpExchangeHandler handler) =>
        new(options, failures, ErrorReply.ForPlain, handler, methods: null);

    /// <inheritdoc cref="ServerTransportContext.ServeAsync"/>
    public ValueTask<ExchangeOutcome> ServeAsync(HttpExchange exchange, CancellationToken peerGone)
    {
        Begin(exchange);
        exchange.Open();
        var handling = !_isJsonRpc && RpcTelemetry.IsHttpServerOn && !exchange.HasAmbientActivity ? HandleMeasured(exchange, peerGone) : _handler(exchange, peerGone);
        if (!handling.IsCompletedSuccessfully)
            return AwaitAsync(handling, exchange);
        handling.GetAwaiter().GetResult();
        return _sender.SendAsync(exchange);
    }

    /// <inheritdoc cref="ServerTransportContext.RefuseAsync"/>
    public ValueTask<ExchangeOutcome> RefuseAsync(HttpExchange exchange, int statusCode, string message)
    {
        Begin(exchange);
        return _sender.RefuseAsync(exchange, statusCode, message);
    }

    public void Dispose()
    {
        Watch.Dispose();
        Gauges.Dispose();
    }

    private ValueTask HandleMeasured(HttpExchange exchange, CancellationToken peerGone)
    {
        var before = ServerCall.Of(exchange)!.MeasureHttp().Begin(exchange, _options.TimeProvider, _options.TimeProvider.GetTimestamp(), _options.AcceptBaggage);
        var handling = _handler(exchange, peerGone);
        if (Activity.Current != before)
            Activity.Current = before;
        return handling;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ExchangeOutcome> AwaitAsync(ValueTask handling, HttpExchange exchange)
    {
        await handling.ConfigureAwait(false);
        return await _sender.SendAsync(exchange).ConfigureAwait(false);
    }

    private void Begin(HttpExchange exchange)
    {
        if (exchange.ServerState is not ServerCall call || call.Owner != Calls)
        {
            exchange.ServerState = call = Calls.MakeCall(exchange, _failures);
            exchange.BodyObserver = _onBody;
            exchange.Flusher = _flush;
        }
        _proxies?.Apply(exchange);
        if (_isLogged)
            call.Began = _options.TimeProvider.GetTimestamp();
        _crossOrigin.LetRead(exchange);
    }

    /// <summary>Returns whether a request may see the playground page; <c>null</c> if the server has no page.</summary>
    private static Func<HttpExchange, bool>? ShowsPage(JsonRpcServerOptions options) => options.Discovery.Playground switch
    {
        true => static _ => true,
        false => null,
        null => options.Transport!.IsLoopback(options.HostName) ? exchange => ProxyRule.IsLocal(options.Transport, exchange) : null,
    };
}
