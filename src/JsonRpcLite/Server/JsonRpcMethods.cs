using System.Buffers;
using System.Reflection;
using System.Security.Claims;
using System.Text;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>
/// The methods of a JSON-RPC server by their names. Fill it, then give it to MakeServer; from the first start on it cannot be changed. Filling is for one thread.
/// </summary>
/// <example>
/// <code>
/// var methods = new JsonRpcMethods()
///     .Add("subtract", (int minuend, int subtrahend) => minuend - subtrahend)
///     .AddHandler&lt;Order, Receipt>("order.place", async (order, token) => await shop.PlaceAsync(order, token));
/// using var server = JsonRpc.MakeServer(12345, methods);
/// </code>
/// </example>
public sealed partial class JsonRpcMethods
{
    private readonly OrderedDictionary<string, Registration> _methods = new(StringComparer.Ordinal);
    private readonly List<CallMiddleware> _middleware = [];
    private JsonRpcMethod? _fallback;
    private bool _isFrozen;
    private bool _keepsKeys;

    /// <summary>
    /// Registers a function whose parameters are those of the call: by position from an array, by name (exactly, case and all; <see cref="JsonRpcNameAttribute"/> gives another)
    /// from an object. Optional parameters may be missing (<c>params</c> is one array like any other); a <see cref="CancellationToken"/> and a <see cref="JsonRpcCall"/> are filled
    /// in and not taken from the call. It may return nothing, a value, a task of either, or an <c>IAsyncEnumerable</c>, whose items are sent as they are made to callers that
    /// accept a stream; an <c>IProgress</c> parameter is filled in, too, and reports to such callers.
    /// </summary>
    /// <param name="name">The method's name, compared exactly. Names that begin with <c>rpc.</c> are reserved (JSON-RPC 2.0, 4.3).</param>
    /// <param name="function">The function; a lambda or a method. For parameters as one object see
    /// <see cref="AddHandler{TParams, TResult}(string, Func{TParams, TResult})"/>.</param>
    /// <returns>This registry.</returns>
    /// <exception cref="ArgumentException">
    /// The name is reserved or taken, or holds half of a surrogate pair; a parameter is <c>ref</c> or <c>out</c>; two parameters share a <see cref="JsonRpcNameAttribute"/>; the
    /// function is <c>async void</c>, returns a task of a task or of an <c>IAsyncEnumerable</c>, reports progress beside a sequence, or lacks its instance.
    /// </exception>
    /// <exception cref="InvalidOperationException">A server has started with this registry.</exception>
    public JsonRpcMethods Add(string name, Delegate function)
    {
        ArgumentNullException.ThrowIfNull(function);
        if (function is JsonRpcMethod primitive)
            return Add(name, primitive);
        DelegateMethod.Check(name, function);
        return Register(name, function.Method, binding => DelegateMethod.Bind(name, function, binding), binding => DelegateMethod.Describe(function, binding));
    }

    /// <summary>Registers a method that reads the raw parameters and writes the result itself.</summary>
    /// <inheritdoc cref="Add(string, Delegate)" path="/exception"/>
    /// <param name="name">The method's name, compared exactly. Names that begin with <c>rpc.</c> are reserved (JSON-RPC 2.0, 4.3).</param>
    /// <param name="method">The method.</param>
    /// <returns>This registry.</returns>
    public JsonRpcMethods Add(string name, JsonRpcMethod method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return Register(name, method.Method, _ => method, _ => MethodShape.Unknown(method.Method));
    }

    /// <summary>
    /// Registers a function that takes all parameters as one value: an object by its members' names, or an array as a list. Unlike
    /// <see cref="Add(string, Delegate)"/> it needs no reflection where the serializer needs none, as in trimmed programs.
    /// </summary>
    /// <param name="name">The method's name, compared exactly. Names that begin with <c>rpc.</c> are reserved (JSON-RPC 2.0, 4.3).</param>
    /// <param name="handler">The function.</param>
    /// <typeparam name="TParams">What <c>params</c> is read as. Where it is missing the function gets <c>null</c>, if it takes that.</typeparam>
    /// <typeparam name="TResult">What the function returns.</typeparam>
    /// <returns>This registry.</returns>
    /// <exception cref="ArgumentException">The name is reserved or taken, <typeparamref name="TParams"/> is neither an object nor a list, or the result is a task whose value was
    /// meant.</exception>
    /// <exception cref="InvalidOperationException">A server has started with this registry.</exception>
    public JsonRpcMethods AddHandler<TParams, TResult>(string name, Func<TParams, TResult> handler) =>
        Register(name, new PlainFunction<TParams, TResult>(handler, (parameters, _) => new ValueTask<TResult>(handler(parameters))));

    /// <inheritdoc cref="AddHandler{TParams, TResult}(string, Func{TParams, TResult})"/>
    public JsonRpcMethods AddHandler<TParams, TResult>(string name, Func<TParams, Task<TResult>> handler) =>
        Register(name, new PlainFunction<TParams, TResult>(handler, (parameters, _) => new ValueTask<TResult>(handler(parameters))));

    /// <inheritdoc cref="AddHandler{TParams, TResult}(string, Func{TParams, TResult})"/>
    public JsonRpcMethods AddHandler<TParams, TResult>(string name, Func<TParams, CancellationToken, Task<TResult>> handler) =>
        Register(name, new PlainFunction<TParams, TResult>(handler, (parameters, token) => new ValueTask<TResult>(handler(parameters, token))));

    /// <inheritdoc cref="AddHandler{TParams, TResult}(string, Func{TParams, TResult})"/>
    public JsonRpcMethods AddHandler<TParams, TResult>(string name, Func<TParams, CancellationToken, TResult> handler) =>
        Register(name, new PlainFunction<TParams, TResult>(handler, (parameters, token) => new ValueTask<TResult>(handler(parameters, token))));

    /// <inheritdoc cref="AddHandler{TParams, TResult}(string, Func{TParams, TResult})"/>
    /// <remarks>The call says who calls (<see cref="JsonRpcCall.User"/>), and holds the exchange; it is lent until the task ends. The result is what the function returns, not what
    /// it writes there.</remarks>
    public JsonRpcMethods AddHandler<TParams, TResult>(string name, Func<TParams, JsonRpcCall, CancellationToken, Task<TResult>> handler) =>
        Register(
            name,
            new PlainFunction<TParams, TResult>(handler, (_, _) => throw new InvalidOperationException("The handler needs its call.")),
            (parameters, call, token) => new ValueTask<TResult>(handler(parameters, call, token)));

    /// <inheritdoc cref="AddHandler{TParams, TResult}(string, Func{TParams, JsonRpcCall, CancellationToken, Task{TResult}})"/>
    public JsonRpcMethods AddHandler<TParams, TResult>(string name, Func<TParams, JsonRpcCall, CancellationToken, TResult> handler) =>
        Register(
            name,
            new PlainFunction<TParams, TResult>(handler, (_, _) => throw new InvalidOperationException("The handler needs its call.")),
            (parameters, call, token) => new ValueTask<TResult>(handler(parameters, call, token)));

    /// <summary>
    /// Registers a function that takes all parameters as one value and returns a sequence. Each item is sent when it is made, to callers that accept a stream (<c>Accept:
    /// text/event-stream</c>); all others get one response with the list.
    /// </summary>
    /// <param name="name">The method's name, compared exactly. Names that begin with <c>rpc.</c> are reserved (JSON-RPC 2.0, 4.3).</param>
    /// <param name="handler">The function; its token is cancelled when the client leaves or the server stops.</param>
    /// <typeparam name="TParams">What <c>params</c> is read as. Where it is missing the function gets <c>null</c>, if it takes that.</typeparam>
    /// <typeparam name="TItem">The type of the items.</typeparam>
    /// <returns>This registry.</returns>
    /// <exception cref="ArgumentException">The name is reserved or taken, or <typeparamref name="TParams"/> is neither an object nor a list.</exception>
    /// <exception cref="InvalidOperationException">A server has started with this registry.</exception>
    public JsonRpcMethods AddHandler<TParams, TItem>(string name, Func<TParams, CancellationToken, IAsyncEnumerable<TItem>> handler) =>
        RegisterSequence<TParams, TItem>(name, handler, (parameters, _, token) => handler(parameters, token));

    /// <inheritdoc cref="AddHandler{TParams, TItem}(string, Func{TParams, CancellationToken, IAsyncEnumerable{TItem}})"/>
    public JsonRpcMethods AddHandler<TParams, TItem>(string name, Func<TParams, IAsyncEnumerable<TItem>> handler) =>
        RegisterSequence<TParams, TItem>(name, handler, (parameters, _, _) => handler(parameters));

    /// <inheritdoc cref="AddHandler{TParams, TItem}(string, Func{TParams, CancellationToken, IAsyncEnumerable{TItem}})"/>
    /// <remarks>The call says who calls (<see cref="JsonRpcCall.User"/>), and holds the exchange; it is lent until the sequence ends.</remarks>
    public JsonRpcMethods AddHandler<TParams, TItem>(string name, Func<TParams, JsonRpcCall, CancellationToken, IAsyncEnumerable<TItem>> handler) =>
        RegisterSequence<TParams, TItem>(name, handler, handler);

    /// <summary>Registers a function that takes all parameters as one value and returns nothing; a call is answered <c>null</c> when it has ended.</summary>
    /// <param name="name">The method's name, compared exactly. Names that begin with <c>rpc.</c> are reserved (JSON-RPC 2.0, 4.3).</param>
    /// <param name="handler">The function.</param>
    /// <typeparam name="TParams">What <c>params</c> is read as. Where it is missing the function gets <c>null</c>, if it takes that.</typeparam>
    /// <returns>This registry.</returns>
    /// <exception cref="ArgumentException">The name is reserved or taken, <typeparamref name="TParams"/> is neither an object nor a list, or the function is <c>async
    /// void</c>.</exception>
    /// <exception cref="InvalidOperationException">A server has started with this registry.</exception>
    public JsonRpcMethods AddHandler<TParams>(string name, Action<TParams> handler) =>
        Register(name, new PlainFunction<TParams, JsonNode?>(handler, (parameters, _) =>
        {
            handler(parameters);
            return default;
        }));

    /// <inheritdoc cref="AddHandler{TParams}(string, Action{TParams})"/>
    public JsonRpcMethods AddHandler<TParams>(string name, Func<TParams, Task> handler) =>
        Register(name, new PlainFunction<TParams, JsonNode?>(handler, async (parameters, _) =>
        {
            await handler(parameters).ConfigureAwait(false);
            return null;
        }));

    /// <inheritdoc cref="AddHandler{TParams}(string, Action{TParams})"/>
    public JsonRpcMethods AddHandler<TParams>(string name, Func<TParams, CancellationToken, Task> handler) =>
        Register(name, new PlainFunction<TParams, JsonNode?>(handler, async (parameters, token) =>
        {
            await handler(parameters, token).ConfigureAwait(false);
            return null;
        }));

    /// <summary>
    /// Says what a registered method is for, and whether its calls may be repeated: <c>rpc.discover</c> tells it, and the playground page shows it. The words change no call.
    /// </summary>
    /// <param name="name">The name of a method that is registered already.</param>
    /// <param name="description">The words; said again, they replace those before.</param>
    /// <returns>This registry.</returns>
    /// <exception cref="ArgumentException">There is no such method, or it has no parameter of a name that is described.</exception>
    /// <exception cref="InvalidOperationException">A server has started with this registry.</exception>
    /// <example>
    /// <code>
    /// methods.Add("subtract", (int minuend, int subtrahend) => minuend - subtrahend)
    ///     .Describe("subtract", new() { Summary = "Takes one number from another.", Parameters = { ["minuend"] = "What to take from." } });
    /// </code>
    /// </example>
    public JsonRpcMethods Describe(string name, JsonRpcMethodDescription description)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(description);
        CheckChangeable($"'{name}' cannot be described");
        var registration = Find(name);
        if (registration.FindUnknown(description, MethodBinding.Default with { Fill = Fill }) is { } unknown)
            throw new ArgumentException($"The method '{name}' has no parameter '{unknown}' to describe.", nameof(description));
        _methods[name] = registration with { Description = description };
        return this;
    }

    /// <summary>
    /// Adds middleware around every method, also around those that are registered later, the fallback, <c>rpc.discover</c> and <c>rpc.typescript</c>. The one that is
    /// added first is the outermost.
    /// </summary>
    /// <remarks>
    /// It is asked for each call of a method that exists, for each entry of a batch and for notifications; not for what is not a call: a request that cannot be parsed, an invalid
    /// one, an unknown method, a refusal by a rule of HTTP. See <see cref="JsonRpcServerOptions.Use"/> for middleware around whole HTTP exchanges.
    /// </remarks>
    /// <param name="middleware">The middleware; called on many threads at once.</param>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">A server has started with this registry.</exception>
    /// <example>
    /// <code>
    /// methods.Use(async (call, next, token) =>
    /// {
    ///     var began = Stopwatch.GetTimestamp();
    ///     await next(call, token);
    ///     Console.WriteLine($"{call.Method}: {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0.0} ms");
    /// });
    /// </code>
    /// </example>
    public JsonRpcMethods Use(JsonRpcMiddleware middleware)
    {
        ArgumentNullException.ThrowIfNull(middleware);
        return Use(MethodPipeline.Wrap(middleware));
    }

    /// <summary>
    /// Adds middleware that is made for each method once, when a server starts: it can look at the method's name and attributes then, and return <c>next</c> itself where it has
    /// nothing to do, which costs calls of that method nothing.
    /// </summary>
    /// <remarks>The order and what it is asked for are those of <see cref="Use(JsonRpcMiddleware)"/>.</remarks>
    /// <param name="wrap">Gets the method and what stands behind the middleware, and returns what is called in its place. The rules of <see cref="JsonRpcMiddleware"/> hold for
    /// what it returns.</param>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">A server has started with this registry.</exception>
    public JsonRpcMethods Use(Func<JsonRpcMethodInfo, JsonRpcMethod, JsonRpcMethod> wrap)
    {
        ArgumentNullException.ThrowIfNull(wrap);
        CheckChangeable("Middleware cannot be added");
        _middleware.Add(new CallMiddleware(wrap, IsGate: false));
        return this;
    }

    /// <summary>Answers calls of methods that are not registered, for relays and for methods that are known only at run time. Without it they are answered with -32601.</summary>
    /// <param name="method">
    /// The method; <see cref="JsonRpcCall.Method"/> is the name as the caller sent it, without escapes, and may be anything. For a name that it does not know either, throw a
    /// <see cref="JsonRpcException"/> with <see cref="JsonRpcErrorCodes.MethodNotFound"/>.
    /// </param>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">There is a fallback already, or a server has started with this registry.</exception>
    public JsonRpcMethods AddFallback(JsonRpcMethod method)
    {
        ArgumentNullException.ThrowIfNull(method);
        CheckChangeable("A fallback cannot be added");
        if (_fallback is not null)
            throw new InvalidOperationException("There is a fallback already; only one can answer.");
        _fallback = method;
        return this;
    }

    /// <summary>
    /// Lets only authenticated callers call a method. Others get -32003 "Not allowed" (<see cref="JsonRpcErrorCodes.NotAllowed"/>), which does not say why; in a batch each call is
    /// judged by itself.
    /// </summary>
    /// <remarks>Who calls is said by <see cref="JsonRpcServerOptions.Authenticate"/>, which rejects unauthenticated requests altogether, or by middleware that sets
    /// <see cref="HttpExchange.User"/>.</remarks>
    /// <param name="name">The name of a method that is registered already.</param>
    /// <param name="check">Whether the user may call it; called for each call, on many threads at once. <c>null</c>, the default, lets every authenticated user call it. Said
    /// again, both checks must agree.</param>
    /// <returns>This registry.</returns>
    /// <exception cref="ArgumentException">There is no such method.</exception>
    /// <exception cref="InvalidOperationException">A server has started with this registry.</exception>
    public JsonRpcMethods RequireUser(string name, Func<ClaimsPrincipal, bool>? check = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        CheckChangeable($"'{name}' cannot be given a rule");
        var registration = Find(name);
        var (before, more) = (registration.MayCall, check ?? (static _ => true));
        _methods[name] = registration with { MayCall = before is null ? more : user => before(user) && more(user) };
        return this;
    }

    /// <summary>All methods as a server calls them, bound to its serializer, with middleware around them. Ends the time for changes.</summary>
    /// <exception cref="NotSupportedException">A parameter or result has no JSON contract.</exception>
    internal MethodTable Freeze(JsonRpcDiscoveryOptions options, JsonRpcSerializer serializer)
    {
        var binding = new MethodBinding(serializer, Fill);
        var infos = _methods.Keys.Zip(_methods.Values, (name, m) => m.InfoOf(name, serializer)).ToList();
        CheckRequiredKeys(infos);
        var all = infos.ToList();
        var entries = _methods.Values.Zip(infos, (m, info) => EntryOf(info, UserRule.Around(m.Bind(binding), m.MayCall))).ToList();
        if (options.Enabled)
        {
            DescribedMethod[] described = [.. _methods.Values.Zip(infos, (m, info) => new DescribedMethod(info, () => m.Shape(binding), m.Description, m.MayCall))];
            var discovery = new DiscoveryMethods(options, serializer, described, [.. _discoveryFilters]);
            foreach (var (name, method) in new (string, JsonRpcMethod)[] { ("rpc.discover", discovery.DiscoverAsync), ("rpc.typescript", discovery.WriteTypeScriptAsync) })
            {
                var info = new JsonRpcMethodInfo(name, JsonRpcIdempotency.Safe, []) { Serializer = serializer };
                all.Add(info);
                entries.Add(EntryOf(info, method));
            }
        }
        MethodEntry? fallback = null;
        if (_fallback is not null)
        {
            all.Add(FallbackInfo(_fallback, serializer));
            fallback = new MethodEntry("", Compose(all[^1], _fallback));
        }
        foreach (var check in _checks)
            check(all);
        _isFrozen = true;
        return new MethodTable(entries, fallback);
    }

    private MethodEntry EntryOf(JsonRpcMethodInfo info, JsonRpcMethod method) => new(info.Name, Compose(info, method), info.Idempotency == JsonRpcIdempotency.Safe, info.Cache);

    private JsonRpcMethod Compose(JsonRpcMethodInfo info, JsonRpcMethod method) => MethodPipeline.Compose(info, method, _middleware);

    private static JsonRpcMethodInfo FallbackInfo(JsonRpcMethod fallback, JsonRpcSerializer serializer)
    {
        object[] attributes = Attribute.GetCustomAttributes(fallback.Method, inherit: true);
        var idempotency = attributes.OfType<JsonRpcMethodAttribute>().FirstOrDefault()?.Idempotency ?? JsonRpcIdempotency.None;
        return new JsonRpcMethodInfo("", idempotency, attributes) { Serializer = serializer };
    }

    private Registration Find(string name) =>
        _methods.TryGetValue(name, out var registration) ? registration : throw new ArgumentException($"There is no method '{name}'; add it first.", nameof(name));

    private void CheckChangeable(string what)
    {
        if (_isFrozen)
            throw new InvalidOperationException($"{what}: a server has started with these methods.");
    }

    private JsonRpcMethods RegisterSequence<TParams, TItem>(string name, Delegate given, Func<TParams, JsonRpcCall, CancellationToken, IAsyncEnumerable<TItem>> handler)
    {
        var function = new PlainFunction<TParams, TItem>(given, (_, _) => throw new InvalidOperationException("A sequence is not one value."), nameof(handler));
        RefuseSingleValue<TParams>(name);
        return Register(
            name,
            function.Source,
            binding => new SequenceHandlerMethod<TParams, TItem>(function.TakesNull, JsonRpcMethodAttribute.IsStreamOnly(function.Source), handler, binding.Serializer).CallAsync,
            binding => function.DescribeSequence<TItem>(binding.Serializer));
    }

    private static void RefuseSingleValue<TParams>(string name)
    {
        if (Type.GetTypeCode(Nullable.GetUnderlyingType(typeof(TParams)) ?? typeof(TParams)) != TypeCode.Object)
            throw new ArgumentException(
                $"The handler of '{name}' takes a single {typeof(TParams).Name}, but parameters are an object or an array. Register it with {nameof(Add)}, or take an array.", nameof(name));
    }

    private JsonRpcMethods Register<TParams, TResult>(
        string name, PlainFunction<TParams, TResult> function, Func<TParams, JsonRpcCall, CancellationToken, ValueTask<TResult>>? withCall = null)
    {
        RefuseSingleValue<TParams>(name);
        return Register(name, function.Source, binding => new HandlerMethod<TParams, TResult>(function, withCall, binding.Serializer).CallAsync,
            binding => function.Describe(binding.Serializer));
    }

    private JsonRpcMethods Register(string name, MethodInfo source, Func<MethodBinding, JsonRpcMethod> bind, Func<MethodBinding, MethodShape> shape) =>
        Register(name, new Registration(() => Attribute.GetCustomAttributes(source, inherit: true), bind, shape));

    private JsonRpcMethods Register(string name, Registration registration)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (HoldsLoneSurrogate(name))
            throw new ArgumentException($"The name '{name}' holds half of a surrogate pair, which no caller can send.", nameof(name));
        if (name.StartsWith("rpc.", StringComparison.Ordinal))
            throw new ArgumentException($"'{name}' begins with 'rpc.', which is reserved (JSON-RPC 2.0, 4.3).", nameof(name));
        CheckChangeable($"'{name}' cannot be added");
        if (!_methods.TryAdd(name, registration))
            throw new ArgumentException($"There is a method '{name}' already.", nameof(name));
        return this;
    }

    private static bool HoldsLoneSurrogate(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out _, out var length) != OperationStatus.Done)
                return true;
            text = text[length..];
        }
        return false;
    }
}
