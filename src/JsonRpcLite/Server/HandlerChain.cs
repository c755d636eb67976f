using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>
/// All handlers of a server in their order, put together once when it starts: the rules of HTTP, the same for every transport, and at the end the user's
/// function. Each either answers or hands on; what they have answered leaves by the one sender.
/// </summary>
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
        // In the order in which a request meets them, from the inside out. The page stands before authentication, since a navigation carries no token, and the page tells nothing
        // by itself.
        var isTouched = options.Middleware.Count > 0;
        HttpExchangeHandler handler = new CallLimit(readsBodyFirst: isForCalls, maySayNotRun: !isTouched, errors, last).HandleAsync;
        if (methods is not null)
            handler = new CallRule(methods, errors, handler).HandleAsync;
        if (options.Authenticate is { } authenticate)
            handler = new Authentication(authenticate, options.AuthenticationChallenge, errors, handler).HandleAsync;
        if (methods is not null && ShowsPage(options) is { } showsPage)
            handler = new PlaygroundHandler(errors == ErrorReply.ForJsonRpc, exchange => !methods.IsGetCall(exchange) && showsPage(exchange), handler).HandleAsync;
        handler = ExchangeMiddleware.Around(handler, options.Middleware);

        // After all that may throw, such as the user's middleware: the watch has a timer.
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

    /// <summary>The gate, for the stop.</summary>
    public CallsInFlight Calls { get; }

    /// <summary>The watch, for the stop.</summary>
    public CallWatch Watch { get; }

    /// <summary>What others may read of the server at any time.</summary>
    public ServerGauges Gauges { get; }

    /// <summary>For what answers calls alone, a function or JSON-RPC: with the paths for health checks in front.</summary>
    public static HandlerChain ForCalls(JsonRpcServerOptions options, FailureReport failures, ErrorReply errors, CallMethods methods, HttpExchangeHandler call) =>
        new(options, failures, errors, call, methods);

    /// <summary>For a user's own handler: every path and method is its own.</summary>
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

    /// <summary>Whether a request is shown the page; <c>null</c> where none is.</summary>
    private static Func<HttpExchange, bool>? ShowsPage(JsonRpcServerOptions options) => options.Discovery.Playground switch
    {
        true => static _ => true,
        false => null,
        null => options.Transport!.IsLoopback(options.HostName) ? exchange => ProxyRule.IsLocal(options.Transport, exchange) : null,
    };
}
