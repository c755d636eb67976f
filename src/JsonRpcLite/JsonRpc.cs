using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>The entry point of the library: <c>MakeServer</c> answers calls, and <c>MakeClient</c> makes them.</summary>
/// <remarks>With <c>using static JsonRpcLite.JsonRpc;</c> the methods are called without a prefix.</remarks>
/// <example>
/// <code>
/// using var server = MakeServer(12345, (JsonNode? command) => new JsonObject { ["echo"] = command?.DeepClone() });
/// using var client = MakeClient(12345);
/// JsonNode? reply = client.Command(new { hello = "world" });
/// </code>
/// </example>
public static class JsonRpc
{
    /// <summary>Starts a server that answers each POST, on any path, with the result of the function for its JSON body.</summary>
    /// <remarks>The server listens on loopback only, unless <see cref="JsonRpcServerOptions.HostName"/> says otherwise. It is running when this method returns.</remarks>
    /// <param name="port">The port, 0 to 65535. With 0 the system picks a free one, which <see cref="JsonRpcServer.Address"/> has.</param>
    /// <param name="func">
    /// The function. It is called on many threads at once. To send an error of your own to the caller, throw a <see cref="JsonRpcException"/>. Any other exception is answered
    /// with 500 and an id, and goes to <see cref="JsonRpcServerOptions.OnUnhandledException"/>.
    /// </param>
    /// <param name="options">The limits, the transport, the serializer and more; <c>null</c> selects the defaults.</param>
    /// <exception cref="IOException">The port is in use.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range, or values of the options contradict each other.</exception>
    [OverloadResolutionPriority(1)]
    public static JsonRpcServer MakeServer(int port, Func<JsonNode?, JsonNode?> func, JsonRpcServerOptions? options = null) =>
        MakeFunctionServer(port, Adapt(func), options);

    /// <inheritdoc cref="MakeServer(int, Func{JsonNode?, JsonNode?}, JsonRpcServerOptions?)"/>
    public static JsonRpcServer MakeServer(int port, Func<JsonNode?, Task<JsonNode?>> func, JsonRpcServerOptions? options = null) =>
        MakeFunctionServer(port, Adapt(func), options);

    /// <inheritdoc cref="MakeServer(int, Func{JsonNode?, JsonNode?}, JsonRpcServerOptions?)"/>
    /// <remarks>
    /// The server listens on loopback only, unless <see cref="JsonRpcServerOptions.HostName"/> says otherwise. It is running when this method returns. The token of the function
    /// is cancelled when the call takes longer than <see cref="JsonRpcServerLimits.HandlerTimeout"/>, or when the server stops before the call has ended.
    /// </remarks>
    public static JsonRpcServer MakeServer(int port, Func<JsonNode?, CancellationToken, Task<JsonNode?>> func, JsonRpcServerOptions? options = null) =>
        MakeFunctionServer(port, Adapt(func), options);

    /// <inheritdoc cref="MakeServer(int, Func{JsonNode?, JsonNode?}, JsonRpcServerOptions?)"/>
    /// <typeparam name="TIn">The type that the body is read as. A body that does not fit is answered with 400.</typeparam>
    /// <typeparam name="TOut">The type of the function's result.</typeparam>
    /// <exception cref="ArgumentException"><typeparamref name="TOut"/> is a task, where the type of the task's value is needed.</exception>
    /// <exception cref="NotSupportedException">A type has no JSON contract, or no JSON could be read as <typeparamref name="TIn"/>.</exception>
    public static JsonRpcServer MakeServer<TIn, TOut>(int port, Func<TIn, TOut> func, JsonRpcServerOptions? options = null) =>
        MakeFunctionServer(port, Adapt(func), options);

    /// <inheritdoc cref="MakeServer{TIn, TOut}(int, Func{TIn, TOut}, JsonRpcServerOptions?)"/>
    public static JsonRpcServer MakeServer<TIn, TOut>(int port, Func<TIn, Task<TOut>> func, JsonRpcServerOptions? options = null) =>
        MakeFunctionServer(port, Adapt(func), options);

    /// <inheritdoc cref="MakeServer{TIn, TOut}(int, Func{TIn, TOut}, JsonRpcServerOptions?)"/>
    /// <remarks>
    /// The server listens on loopback only, unless <see cref="JsonRpcServerOptions.HostName"/> says otherwise. It is running when this method returns. The token of the function
    /// is cancelled when the call takes longer than <see cref="JsonRpcServerLimits.HandlerTimeout"/>, or when the server stops before the call has ended.
    /// </remarks>
    public static JsonRpcServer MakeServer<TIn, TOut>(int port, Func<TIn, CancellationToken, Task<TOut>> func, JsonRpcServerOptions? options = null) =>
        MakeFunctionServer(port, Adapt(func), options);

    /// <inheritdoc cref="MakeServer{TIn, TOut}(int, Func{TIn, TOut}, JsonRpcServerOptions?)"/>
    /// <remarks>
    /// The server listens on loopback only, unless <see cref="JsonRpcServerOptions.HostName"/> says otherwise. It is running when this method returns. The function has no
    /// parameter. The body must be JSON; its content is ignored.
    /// </remarks>
    public static JsonRpcServer MakeServer<TOut>(int port, Func<TOut> func, JsonRpcServerOptions? options = null) =>
        MakeFunctionServer(port, Adapt(func), options);

    /// <inheritdoc cref="MakeServer{TOut}(int, Func{TOut}, JsonRpcServerOptions?)"/>
    public static JsonRpcServer MakeServer<TOut>(int port, Func<Task<TOut>> func, JsonRpcServerOptions? options = null) =>
        MakeFunctionServer(port, Adapt(func), options);

    /// <summary>Starts a JSON-RPC 2.0 server: each POST, on any path, is a request, a notification, or a batch of them.</summary>
    /// <remarks>The server listens on loopback only, unless <see cref="JsonRpcServerOptions.HostName"/> says otherwise. It is running when this method returns.</remarks>
    /// <param name="port">The port, 0 to 65535. With 0 the system picks a free one, which <see cref="JsonRpcServer.Address"/> has.</param>
    /// <param name="methods">The methods. They cannot be changed after this call, and may serve several servers.</param>
    /// <param name="options">The limits, the transport, the serializer and more; <c>null</c> selects the defaults.</param>
    /// <exception cref="IOException">The port is in use.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range, or values of the options contradict each other.</exception>
    /// <exception cref="NotSupportedException">A parameter or result of a method has no JSON contract, or no JSON could be read as a parameter.</exception>
    public static JsonRpcServer MakeServer(int port, JsonRpcMethods methods, JsonRpcServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(methods);
        RefuseKeys(options, $"for methods, call {nameof(JsonRpcMethods)}.{nameof(JsonRpcMethods.UseIdempotency)}");
        return new JsonRpcServer(port, options, (frozen, failures) =>
        {
            var call = new JsonRpcHandler(methods, new JsonRpcHandlerOptions(frozen), failures);
            return HandlerChain.ForCalls(frozen, failures, ErrorReply.ForJsonRpc, call.HttpMethods, call.HandleAsync);
        });
    }

    /// <summary>Starts a server that passes every exchange to your own handler: any method, any path, any body.</summary>
    /// <remarks>
    /// The browser guard, the limits and the traffic log work as on any server. There are no health paths. The server itself answers only for exceptions that the handler throws.
    /// </remarks>
    /// <param name="port">The port, 0 to 65535. With 0 the system picks a free one, which <see cref="JsonRpcServer.Address"/> has.</param>
    /// <param name="handler">
    /// The handler, which answers each exchange. To serve functions on some of its paths, see <see cref="MakeHandler(Func{JsonNode?, JsonNode?}, JsonRpcHandlerOptions?)"/>.
    /// </param>
    /// <param name="options">The limits, the transport and more; <c>null</c> selects the defaults.</param>
    /// <exception cref="IOException">The port is in use.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range, or values of the options contradict each other.</exception>
    public static JsonRpcServer MakeServer(int port, HttpExchangeHandler handler, JsonRpcServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        RefuseKeys(options, "a handler of your own must handle keys itself");
        return new JsonRpcServer(port, options, (frozen, failures) => HandlerChain.ForExchanges(frozen, failures, handler));
    }

    /// <summary>Makes a handler that answers each POST with the result of the function for its JSON body.</summary>
    /// <remarks>
    /// <para>Use it within a handler of your own that serves several paths. It answers other methods with 405, reads the body, and writes the result or the error as JSON.</para>
    /// <para>The handler does not guard itself. The browser guard, the limits, the traffic log and authentication belong to the server that it runs in, which applies them before
    /// your handler gets the exchange. Pass on the exchange that you were given.</para>
    /// <para>An <see cref="HttpExchange"/> that you create yourself has passed none of these checks. The handler then runs cross-site POSTs of web pages and requests for any
    /// Host name. Nothing limits the size of the body, the time of a call or the number of calls, and the caller is not authenticated (<see cref="HttpExchange.User"/>). The code
    /// that creates the exchange must check all of it. The handler says so once on stderr, unless <see cref="JsonRpcHandlerOptions.IsGuarded"/> is set.</para>
    /// </remarks>
    /// <param name="func">The function, as in MakeServer.</param>
    /// <param name="options">The serializer and the receiver of failures; <c>null</c> selects the defaults.</param>
    /// <exception cref="ArgumentException">The options request the playground page, which only a server has.</exception>
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
    /// <typeparam name="TIn">The type that the body is read as. A body that does not fit is answered with 400.</typeparam>
    /// <typeparam name="TOut">The type of the function's result.</typeparam>
    /// <exception cref="ArgumentException"><typeparamref name="TOut"/> is a task, where the type of the task's value is needed.</exception>
    /// <exception cref="NotSupportedException">A type has no JSON contract, or no JSON could be read as <typeparamref name="TIn"/>.</exception>
    public static HttpExchangeHandler MakeHandler<TIn, TOut>(Func<TIn, TOut> func, JsonRpcHandlerOptions? options = null) =>
        MakeFunctionHandler(Adapt(func), options);

    /// <inheritdoc cref="MakeHandler{TIn, TOut}(Func{TIn, TOut}, JsonRpcHandlerOptions?)"/>
    public static HttpExchangeHandler MakeHandler<TIn, TOut>(Func<TIn, Task<TOut>> func, JsonRpcHandlerOptions? options = null) =>
        MakeFunctionHandler(Adapt(func), options);

    /// <inheritdoc cref="MakeHandler{TIn, TOut}(Func{TIn, TOut}, JsonRpcHandlerOptions?)"/>
    public static HttpExchangeHandler MakeHandler<TIn, TOut>(Func<TIn, CancellationToken, Task<TOut>> func, JsonRpcHandlerOptions? options = null) =>
        MakeFunctionHandler(Adapt(func), options);

    /// <inheritdoc cref="MakeHandler{TIn, TOut}(Func{TIn, TOut}, JsonRpcHandlerOptions?)"/>
    /// <remarks>
    /// <inheritdoc cref="MakeHandler(Func{JsonNode?, JsonNode?}, JsonRpcHandlerOptions?)" path="/remarks/node()"/> <para>The function has no parameter. The body must be JSON;
    /// its content is ignored.</para>
    /// </remarks>
    public static HttpExchangeHandler MakeHandler<TOut>(Func<TOut> func, JsonRpcHandlerOptions? options = null) =>
        MakeFunctionHandler(Adapt(func), options);

    /// <inheritdoc cref="MakeHandler{TOut}(Func{TOut}, JsonRpcHandlerOptions?)"/>
    public static HttpExchangeHandler MakeHandler<TOut>(Func<Task<TOut>> func, JsonRpcHandlerOptions? options = null) =>
        MakeFunctionHandler(Adapt(func), options);

    /// <summary>Makes a handler that answers POSTs as a JSON-RPC 2.0 server does: a request, a notification or a batch.</summary>
    /// <remarks><inheritdoc cref="MakeHandler(Func{JsonNode?, JsonNode?}, JsonRpcHandlerOptions?)" path="/remarks/node()"/></remarks>
    /// <param name="methods">The methods. They cannot be changed after this call.</param>
    /// <param name="options">The settings of JSON-RPC, discovery and the serializer, and the receiver of failures; <c>null</c> selects the defaults.</param>
    /// <exception cref="ArgumentException">The options request the playground page, which only a server has.</exception>
    /// <exception cref="NotSupportedException">A parameter or result of a method has no JSON contract, or no JSON could be read as a parameter.</exception>
    public static HttpExchangeHandler MakeHandler(JsonRpcMethods methods, JsonRpcHandlerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(methods);
        var frozen = (options ?? new JsonRpcHandlerOptions()).Freeze();
        var failures = FailuresOf(frozen);
        var call = new JsonRpcHandler(methods, frozen, failures);
        return Guard(ErrorReply.ForJsonRpc, failures, frozen, call.HttpMethods, call.HandleAsync);
    }

    /// <summary>Makes a client for a server on this machine.</summary>
    /// <param name="port">The port of the server at 127.0.0.1, 1 to 65535.</param>
    /// <param name="options">The time-out, the transport, the serializer and more; <c>null</c> selects the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range.</exception>
    public static JsonRpcClient MakeClient(int port, JsonRpcClientOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(port, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        return MakeClient(new Uri($"http://127.0.0.1:{port}/"), options);
    }

    /// <summary>Makes a client for the server at an address.</summary>
    /// <remarks>Nothing is sent before the first call.</remarks>
    /// <param name="address">An absolute http or https address, including the path.</param>
    /// <param name="options">The time-out, the transport, the serializer and more; <c>null</c> selects the defaults.</param>
    /// <exception cref="ArgumentException">
    /// The address is not absolute, is neither http nor https, or holds user information (<c>name:password@</c>), which belongs in the header <c>Authorization</c>. Or the
    /// headers of the options contain one that only the transport may set.
    /// </exception>
    public static JsonRpcClient MakeClient(Uri address, JsonRpcClientOptions? options = null) => new(address, options);

    /// <summary>Makes a client for the server at an address, given as text.</summary>
    /// <remarks>Nothing is sent before the first call.</remarks>
    /// <param name="address">An absolute http or https address, including the path, such as <c>http://localhost:12345/</c>.</param>
    /// <param name="options">The time-out, the transport, the serializer and more; <c>null</c> selects the defaults.</param>
    /// <exception cref="ArgumentException">
    /// The address is not absolute, is neither http nor https, or holds user information (<c>name:password@</c>), which belongs in the header <c>Authorization</c>. Or the
    /// headers of the options contain one that only the transport may set.
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
            throw new InvalidOperationException($"{nameof(JsonRpcServerOptions)}.{nameof(JsonRpcServerOptions.UseIdempotency)} works only on a server of one function; {reason}.");
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

    /// <exception cref="InvalidOperationException">The function requires an idempotency key, and the options have no store for keys.</exception>
    private static void CheckRequiredKey<TIn, TOut>(PlainFunction<TIn, TOut> function)
    {
        if (function.RequiresKey)
        {
            throw new InvalidOperationException(
                $"The function requires an idempotency key, but there is no store for keys. Call {nameof(JsonRpcServerOptions)}.{nameof(JsonRpcServerOptions.UseIdempotency)} and use {nameof(MakeServer)}; {nameof(MakeHandler)} has no store.");
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
