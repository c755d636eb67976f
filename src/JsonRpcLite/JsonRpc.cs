using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>
/// The front door: <c>MakeServer</c> answers calls with a function, <c>MakeClient</c> makes them. With <c>using static JsonRpcLite.JsonRpc;</c> both
/// are at hand without a prefix.
/// </summary>
/// <example>
/// <code>
/// using var server = MakeServer(12345, (JsonNode? command) => new JsonObject { ["echo"] = command?.DeepClone() });
/// using var client = MakeClient(12345);
/// JsonNode? reply = client.Command(new { hello = "world" });
/// </code>
/// </example>
public static class JsonRpc
{
    /// <summary>
    /// Starts a server that answers each POST, whatever its path, with what the function makes of its JSON body. It listens on loopback only, unless
    /// <see cref="JsonRpcServerOptions.HostName"/> says otherwise, and runs when this returns.
    /// </summary>
    /// <param name="port">The port, 0 to 65535; 0 picks a free one, which <see cref="JsonRpcServer.Address"/> tells.</param>
    /// <param name="func">
    /// The function; called from many threads at once. Throw a <see cref="JsonRpcException"/> to tell the caller something; any other exception is
    /// answered with 500 and an id, and goes to <see cref="JsonRpcServerOptions.OnUnhandledException"/>.
    /// </param>
    /// <param name="options">Limits, transport, serializer and more; <c>null</c> takes the defaults.</param>
    /// <exception cref="IOException">The port is in use.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range, or values in the options do not go together.</exception>
    [OverloadResolutionPriority(1)]
    public static JsonRpcServer MakeServer(int port, Func<JsonNode?, JsonNode?> func, JsonRpcServerOptions? options = null) =>
        MakeFunctionServer(port, Adapt(func), options);

    /// <inheritdoc cref="MakeServer(int, Func{JsonNode?, JsonNode?}, JsonRpcServerOptions?)"/>
    public static JsonRpcServer MakeServer(int port, Func<JsonNode?, Task<JsonNode?>> func, JsonRpcServerOptions? options = null) =>
        MakeFunctionServer(port, Adapt(func), options);

    /// <inheritdoc cref="MakeServer(int, Func{JsonNode?, JsonNode?}, JsonRpcServerOptions?)"/>
    /// <remarks>The token is cancelled when the call takes longer than <see cref="JsonRpcServerLimits.HandlerTimeout"/>, or the server stops without it.</remarks>
    public static JsonRpcServer MakeServer(int port, Func<JsonNode?, CancellationToken, Task<JsonNode?>> func, JsonRpcServerOptions? options = null) =>
        MakeFunctionServer(port, Adapt(func), options);

    /// <inheritdoc cref="MakeServer(int, Func{JsonNode?, JsonNode?}, JsonRpcServerOptions?)"/>
    /// <typeparam name="TIn">What the body is read as; a body that does not fit is answered 400.</typeparam>
    /// <typeparam name="TOut">What the function returns.</typeparam>
    /// <exception cref="ArgumentException">The result is a task whose value was meant.</exception>
    /// <exception cref="NotSupportedException">A type has no JSON contract, or nothing could ever be read as the one that is taken.</exception>
    public static JsonRpcServer MakeServer<TIn, TOut>(int port, Func<TIn, TOut> func, JsonRpcServerOptions? options = null) =>
        MakeFunctionServer(port, Adapt(func), options);

    /// <inheritdoc cref="MakeServer{TIn, TOut}(int, Func{TIn, TOut}, JsonRpcServerOptions?)"/>
    public static JsonRpcServer MakeServer<TIn, TOut>(int port, Func<TIn, Task<TOut>> func, JsonRpcServerOptions? options = null) =>
        MakeFunctionServer(port, Adapt(func), options);

    /// <inheritdoc cref="MakeServer{TIn, TOut}(int, Func{TIn, TOut}, JsonRpcServerOptions?)"/>
    /// <remarks>The token is cancelled when the call takes longer than <see cref="JsonRpcServerLimits.HandlerTimeout"/>, or the server stops without it.</remarks>
    public static JsonRpcServer MakeServer<TIn, TOut>(int port, Func<TIn, CancellationToken, Task<TOut>> func, JsonRpcServerOptions? options = null) =>
        MakeFunctionServer(port, Adapt(func), options);

    /// <inheritdoc cref="MakeServer{TIn, TOut}(int, Func{TIn, TOut}, JsonRpcServerOptions?)"/>
    /// <remarks>The function takes nothing; what the body says, which must be JSON, is ignored.</remarks>
    public static JsonRpcServer MakeServer<TOut>(int port, Func<TOut> func, JsonRpcServerOptions? options = null) =>
        MakeFunctionServer(port, Adapt(func), options);

    /// <inheritdoc cref="MakeServer{TOut}(int, Func{TOut}, JsonRpcServerOptions?)"/>
    public static JsonRpcServer MakeServer<TOut>(int port, Func<Task<TOut>> func, JsonRpcServerOptions? options = null) =>
        MakeFunctionServer(port, Adapt(func), options);

    /// <summary>
    /// Starts a server of JSON-RPC 2.0: each POST, whatever its path, is a call of a named method, a notification, or a batch of them. It listens on loopback only, unless
    /// <see cref="JsonRpcServerOptions.HostName"/> says otherwise, and runs when this returns.
    /// </summary>
    /// <param name="port">The port, 0 to 65535; 0 picks a free one, which <see cref="JsonRpcServer.Address"/> tells.</param>
    /// <param name="methods">The methods; they cannot be changed any more, and may serve several servers.</param>
    /// <param name="options">Limits, transport, serializer and more; <c>null</c> takes the defaults.</param>
    /// <exception cref="IOException">The port is in use.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range, or values in the options do not go together.</exception>
    /// <exception cref="NotSupportedException">A parameter or result of a method has no JSON contract, or nothing could ever be read as the parameter.</exception>
    public static JsonRpcServer MakeServer(int port, JsonRpcMethods methods, JsonRpcServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(methods);
        RefuseKeys(options, $"for methods call {nameof(JsonRpcMethods)}.{nameof(JsonRpcMethods.UseIdempotency)}");
        return new JsonRpcServer(port, options, (frozen, failures) =>
        {
            var call = new JsonRpcHandler(methods, new JsonRpcHandlerOptions(frozen), failures);
            return HandlerChain.ForCalls(frozen, failures, ErrorReply.ForJsonRpc, call.HttpMethods, call.HandleAsync);
        });
    }

    /// <summary>
    /// Starts a server that hands every exchange to your own handler: any method, any path, any body. The browser guard, the limits and the traffic log
    /// hold as always; there are no health paths, and nothing is answered for you but what the handler throws.
    /// </summary>
    /// <param name="port">The port, 0 to 65535; 0 picks a free one, which <see cref="JsonRpcServer.Address"/> tells.</param>
    /// <param name="handler">Answers each exchange. For functions on some of its paths see <see cref="MakeHandler(Func{JsonNode?, JsonNode?}, JsonRpcHandlerOptions?)"/>.</param>
    /// <param name="options">Limits, transport and more; <c>null</c> takes the defaults.</param>
    /// <exception cref="IOException">The port is in use.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range, or values in the options do not go together.</exception>
    public static JsonRpcServer MakeServer(int port, HttpExchangeHandler handler, JsonRpcServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        RefuseKeys(options, "a handler of your own answers as it likes");
        return new JsonRpcServer(port, options, (frozen, failures) => HandlerChain.ForExchanges(frozen, failures, handler));
    }

    /// <summary>Makes a handler that answers POSTs with what the function makes of their JSON body.</summary>
    /// <remarks>
    /// <para>It is for a handler of your own that serves several paths. It answers other methods with 405, reads the body, and writes the result or the error as JSON.</para>
    /// <para>The handler does not guard itself. The browser guard, the limits, the traffic log and authentication are those of the server that it runs in, which apply them before
    /// your handler gets the exchange. Hand on the exchange that you were given.</para>
    /// <para>An <see cref="HttpExchange"/> of your own in front of the handler has passed none of that. It runs cross-site POSTs of web pages and requests for any Host name;
    /// nothing limits the size of the body, the time of a call or the number of calls; and nobody is asked who calls (<see cref="HttpExchange.User"/>). What makes the exchange
    /// must check all of it. The handler says so once on stderr, unless <see cref="JsonRpcHandlerOptions.IsGuarded"/> is set.</para>
    /// </remarks>
    /// <param name="func">The function, as in MakeServer.</param>
    /// <param name="options">The serializer and where failures go; <c>null</c> takes the defaults.</param>
    /// <exception cref="ArgumentException">The options ask for the playground page, which only a server has.</exception>
    [OverloadResolutionPriority(1)]
    public static HttpExchangeHandler MakeHandler(Func<JsonNode?, JsonNode?> func, JsonRpcHandlerOptions? options = null) =>
        MakeFunctionHandler(Adapt(func), options);

    /// <inheritdoc cref="MakeHandler(Func{JsonNode?, JsonNode?}, JsonRpcHandlerOptions?)"/>
    public static HttpExchangeHandler MakeHandler(Func<JsonNode?, Task<JsonNode?>> func, JsonRpcHandlerOptions? options = null) =>
        MakeFunctionHandler(Adapt(func), options);

    /// <inheritdoc cref="MakeHandler(Func{JsonNode?, JsonNode?}, JsonRpcHandlerOptions?)"/>
    public static HttpExchangeHandler MakeHandler(Func<JsonNode?, CancellationToken, Task<JsonNode?>> func, JsonRpcHandlerOptions? options = null) =>
        MakeFunctionHandler(Adapt(func), options);

    /// <inheritdoc cref="MakeHandler(Func{JsonNode?, JsonNode?}, JsonRpcHandlerOptions?)"/>
    /// <typeparam name="TIn">What the body is read as; a body that does not fit is answered 400.</typeparam>
    /// <typeparam name="TOut">What the function returns.</typeparam>
    /// <exception cref="ArgumentException">The result is a task whose value was meant.</exception>
    /// <exception cref="NotSupportedException">A type has no JSON contract, or nothing could ever be read as the one that is taken.</exception>
    public static HttpExchangeHandler MakeHandler<TIn, TOut>(Func<TIn, TOut> func, JsonRpcHandlerOptions? options = null) =>
        MakeFunctionHandler(Adapt(func), options);

    /// <inheritdoc cref="MakeHandler{TIn, TOut}(Func{TIn, TOut}, JsonRpcHandlerOptions?)"/>
    public static HttpExchangeHandler MakeHandler<TIn, TOut>(Func<TIn, Task<TOut>> func, JsonRpcHandlerOptions? options = null) =>
        MakeFunctionHandler(Adapt(func), options);

    /// <inheritdoc cref="MakeHandler{TIn, TOut}(Func{TIn, TOut}, JsonRpcHandlerOptions?)"/>
    public static HttpExchangeHandler MakeHandler<TIn, TOut>(Func<TIn, CancellationToken, Task<TOut>> func, JsonRpcHandlerOptions? options = null) =>
        MakeFunctionHandler(Adapt(func), options);

    /// <inheritdoc cref="MakeHandler{TIn, TOut}(Func{TIn, TOut}, JsonRpcHandlerOptions?)"/>
    /// <remarks>The function takes nothing; what the body says, which must be JSON, is ignored.</remarks>
    public static HttpExchangeHandler MakeHandler<TOut>(Func<TOut> func, JsonRpcHandlerOptions? options = null) =>
        MakeFunctionHandler(Adapt(func), options);

    /// <inheritdoc cref="MakeHandler{TOut}(Func{TOut}, JsonRpcHandlerOptions?)"/>
    public static HttpExchangeHandler MakeHandler<TOut>(Func<Task<TOut>> func, JsonRpcHandlerOptions? options = null) =>
        MakeFunctionHandler(Adapt(func), options);

    /// <summary>Makes a handler that answers POSTs as a JSON-RPC 2.0 server: a request, a notification or a batch in the body.</summary>
    /// <remarks><inheritdoc cref="MakeHandler(Func{JsonNode?, JsonNode?}, JsonRpcHandlerOptions?)" path="/remarks/node()"/></remarks>
    /// <param name="methods">The methods; they cannot be changed any more.</param>
    /// <param name="options">The settings of JSON-RPC, discovery, the serializer, and where failures go; <c>null</c> takes the defaults.</param>
    /// <exception cref="ArgumentException">The options ask for the playground page, which only a server has.</exception>
    /// <exception cref="NotSupportedException">A parameter or result of a method has no JSON contract, or nothing could ever be read as the parameter.</exception>
    public static HttpExchangeHandler MakeHandler(JsonRpcMethods methods, JsonRpcHandlerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(methods);
        var frozen = (options ?? new JsonRpcHandlerOptions()).Freeze();
        var failures = FailuresOf(frozen);
        var call = new JsonRpcHandler(methods, frozen, failures);
        return Guard(ErrorReply.ForJsonRpc, failures, frozen, call.HttpMethods, call.HandleAsync);
    }

    /// <summary>Makes a client for a server on this machine.</summary>
    /// <param name="port">The server's port, 1 to 65535, at 127.0.0.1.</param>
    /// <param name="options">Time-out, transport, serializer and more; <c>null</c> takes the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range.</exception>
    public static JsonRpcClient MakeClient(int port, JsonRpcClientOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        return MakeClient(new Uri($"http://127.0.0.1:{port}/"), options);
    }

    /// <summary>Makes a client for the server at an address. Nothing is sent before the first call.</summary>
    /// <param name="address">An absolute http or https address, path and all.</param>
    /// <param name="options">Time-out, transport, serializer and more; <c>null</c> takes the defaults.</param>
    /// <exception cref="ArgumentException">
    /// The address is not absolute, or neither http nor https, or holds user information (<c>name:password@</c>), for which the header <c>Authorization</c> is the place; or the
    /// options' headers have a field that is the transport's.
    /// </exception>
    public static JsonRpcClient MakeClient(Uri address, JsonRpcClientOptions? options = null) => new(address, options);

    /// <summary>Makes a client for the server at an address, given as text. Nothing is sent before the first call.</summary>
    /// <param name="address">An absolute http or https address, path and all, such as <c>http://localhost:12345/</c>.</param>
    /// <param name="options">Time-out, transport, serializer and more; <c>null</c> takes the defaults.</param>
    /// <exception cref="ArgumentException">
    /// The address is not absolute, or neither http nor https, or holds user information (<c>name:password@</c>), for which the header <c>Authorization</c> is the place; or the
    /// options' headers have a field that is the transport's.
    /// </exception>
    public static JsonRpcClient MakeClient(string address, JsonRpcClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        return Uri.TryCreate(address, UriKind.Absolute, out var uri)
            ? new JsonRpcClient(uri, options)
            : throw new ArgumentException($"{UserInformation.Shown(address)} is not an absolute http or https address, such as http://localhost:12345/.", nameof(address));
    }

    private static void RefuseKeys(JsonRpcServerOptions? options, string reason)
    {
        if (options?.KeyedCalls is not null)
            throw new InvalidOperationException($"{nameof(JsonRpcServerOptions)}.{nameof(JsonRpcServerOptions.UseIdempotency)} is for a server of one function; {reason}.");
    }

    private static JsonRpcServer MakeFunctionServer<TIn, TOut>(int port, PlainFunction<TIn, TOut> function, JsonRpcServerOptions? options) =>
        new(port, options, (frozen, failures) =>
            HandlerChain.ForCalls(frozen, failures, ErrorReply.ForPlain, new CallMethods(Query: function.IsSafe), MakeFunctionCall(function, frozen)));

    private static HttpExchangeHandler MakeFunctionCall<TIn, TOut>(PlainFunction<TIn, TOut> function, JsonRpcServerOptions options)
    {
        var serializer = JsonRpcSerializer.For(options.SerializerOptions);
        HttpExchangeHandler call = new FunctionHandler<TIn, TOut>(function, serializer).HandleAsync;
        if (options.KeyedCalls is { } calls)
            call = new KeyedFunction(calls, serializer, function.RequiresKey, call).HandleAsync;
        else
            CheckRequiredKey(function);
        return new FunctionDescription(options.Discovery, function.Describe(serializer), call).HandleAsync;
    }

    private static HttpExchangeHandler MakeFunctionHandler<TIn, TOut>(PlainFunction<TIn, TOut> function, JsonRpcHandlerOptions? options)
    {
        CheckRequiredKey(function);
        var frozen = (options ?? new JsonRpcHandlerOptions()).Freeze();
        var call = new FunctionHandler<TIn, TOut>(function, JsonRpcSerializer.For(frozen.SerializerOptions));
        return Guard(ErrorReply.ForPlain, FailuresOf(frozen), frozen, new CallMethods(Query: function.IsSafe), call.HandleAsync);
    }

    /// <exception cref="InvalidOperationException">Calls need a key, and nothing keeps keys.</exception>
    private static void CheckRequiredKey<TIn, TOut>(PlainFunction<TIn, TOut> function)
    {
        if (function.RequiresKey)
        {
            throw new InvalidOperationException(
                $"The function requires an idempotency key, and nothing keeps keys. Call {nameof(JsonRpcServerOptions)}.{nameof(JsonRpcServerOptions.UseIdempotency)}, which only {nameof(MakeServer)} takes.");
        }
    }

    private static FailureReport? FailuresOf(JsonRpcHandlerOptions options) => options.OnUnhandledException is { } hook ? new FailureReport(hook) : null;

    private static HttpExchangeHandler Guard(ErrorReply errors, FailureReport? failures, JsonRpcHandlerOptions options, CallMethods methods, HttpExchangeHandler call)
    {
        HttpExchangeHandler handler = new ErrorBoundary(errors, failures, options.SerializerOptions, new CallRule(methods, errors, call).HandleAsync).HandleAsync;
        return options.IsGuarded ? handler : new UnguardedNotice(handler).HandleAsync;
    }

    private static PlainFunction<TIn, TOut> Adapt<TIn, TOut>(Func<TIn, TOut> func) =>
        new(func, (input, _) => new ValueTask<TOut>(func(input)));

    private static PlainFunction<TIn, TOut> Adapt<TIn, TOut>(Func<TIn, Task<TOut>> func) =>
        new(func, (input, _) => new ValueTask<TOut>(func(input)));

    private static PlainFunction<TIn, TOut> Adapt<TIn, TOut>(Func<TIn, CancellationToken, Task<TOut>> func) =>
        new(func, (input, cancellationToken) => new ValueTask<TOut>(func(input, cancellationToken)));

    private static PlainFunction<JsonNode?, TOut> Adapt<TOut>(Func<TOut> func) =>
        new(func, (_, _) => new ValueTask<TOut>(func()));

    private static PlainFunction<JsonNode?, TOut> Adapt<TOut>(Func<Task<TOut>> func) =>
        new(func, (_, _) => new ValueTask<TOut>(func()));
}
