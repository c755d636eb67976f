using System.Buffers;
using System.Reflection;
using System.Security.Claims;
using System.Text;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>The registry of a JSON-RPC server: its methods by their names.</summary>
/// <remarks>Fill it, then pass it to MakeServer. It cannot be changed after the first server has started with it. Filling it is not thread-safe.</remarks>
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

    /// <summary>Registers a function whose parameters are those of the call.</summary>
    /// <remarks>
    /// <para>Parameters are taken by position from an array, or by name from an object. Names are compared exactly, including case; <see cref="JsonRpcNameAttribute"/> sets
    /// another name. Optional parameters may be missing. A <c>params</c> parameter is one array like any other. A <see cref="CancellationToken"/> and a <see cref="JsonRpcCall"/>
    /// are filled in and not taken from the call.</para>
    /// <para>The function may return nothing, a value, a task of either, or an <c>IAsyncEnumerable</c>. The items of an <c>IAsyncEnumerable</c> are sent as they are produced to
    /// callers that accept a stream. An <c>IProgress</c> parameter is filled in, too, and reports to such callers.</para>
    /// </remarks>
    /// <param name="name">The method's name, compared exactly. Names that begin with <c>rpc.</c> are reserved (JSON-RPC 2.0, 4.3).</param>
    /// <param name="function">
    /// The function: a lambda or a method. To take all parameters as one object, see <see cref="AddHandler{TParams, TResult}(string, Func{TParams, TResult})"/>.
    /// </param>
    /// <returns>This registry.</returns>
    /// <exception cref="ArgumentException">
    /// The name is reserved or taken, or holds half of a surrogate pair. Or a parameter is <c>ref</c> or <c>out</c>, or two parameters share a
    /// <see cref="JsonRpcNameAttribute"/>. Or the function is <c>async void</c>, returns a task of a task or of an <c>IAsyncEnumerable</c>, has an <c>IProgress</c> parameter
    /// although it returns a sequence, or is an instance method without its instance.
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

    /// <summary>Registers a function that takes all parameters as one value: an object by its members' names, or an array as a list.</summary>
    /// <remarks>Unlike <see cref="Add(string, Delegate)"/> it uses no reflection if the serializer uses none, as in trimmed programs.</remarks>
    /// <param name="name">The method's name, compared exactly. Names that begin with <c>rpc.</c> are reserved (JSON-RPC 2.0, 4.3).</param>
    /// <param name="handler">The function.</param>
    /// <typeparam name="TParams">The type that <c>params</c> is read as. If <c>params</c> is missing, the function gets <c>null</c>, provided that it accepts that.</typeparam>
    /// <typeparam name="TResult">The type of the function's result.</typeparam>
    /// <returns>This registry.</returns>
    /// <exception cref="ArgumentException">
    /// The name is reserved or taken. Or <typeparamref name="TParams"/> is neither an object nor a list. Or <typeparamref name="TResult"/> is a task, where the type of the
    /// task's value is needed.
    /// </exception>
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
    /// <remarks>
    /// The call identifies the caller (<see cref="JsonRpcCall.User"/>) and holds the exchange. It may be used only until the task ends. The result is what the function returns,
    /// not what it writes to the call. Unlike <see cref="Add(string, Delegate)"/> this method uses no reflection if the serializer uses none, as in trimmed programs.
    /// </remarks>
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

    /// <summary>Registers a function that takes all parameters as one value and returns a sequence.</summary>
    /// <remarks>Each item is sent as it is produced to callers that accept a stream (<c>Accept: text/event-stream</c>). Other callers get one response with the list.</remarks>
    /// <param name="name">The method's name, compared exactly. Names that begin with <c>rpc.</c> are reserved (JSON-RPC 2.0, 4.3).</param>
    /// <param name="handler">The function. Its token is cancelled when the client disconnects or the server stops.</param>
    /// <typeparam name="TParams">The type that <c>params</c> is read as. If <c>params</c> is missing, the function gets <c>null</c>, provided that it accepts that.</typeparam>
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
    /// <remarks>
    /// The call identifies the caller (<see cref="JsonRpcCall.User"/>) and holds the exchange. It may be used only until the sequence ends. Each item is sent as it is produced
    /// to callers that accept a stream (<c>Accept: text/event-stream</c>). Other callers get one response with the list.
    /// </remarks>
    public JsonRpcMethods AddHandler<TParams, TItem>(string name, Func<TParams, JsonRpcCall, CancellationToken, IAsyncEnumerable<TItem>> handler) =>
        RegisterSequence<TParams, TItem>(name, handler, handler);

    /// <summary>Registers a function that takes all parameters as one value and returns nothing.</summary>
    /// <remarks>A call is answered with <c>null</c> when the function has ended.</remarks>
    /// <param name="name">The method's name, compared exactly. Names that begin with <c>rpc.</c> are reserved (JSON-RPC 2.0, 4.3).</param>
    /// <param name="handler">The function.</param>
    /// <typeparam name="TParams">The type that <c>params</c> is read as. If <c>params</c> is missing, the function gets <c>null</c>, provided that it accepts that.</typeparam>
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

    /// <summary>Describes a registered method: what it is for, and whether its calls may be repeated.</summary>
    /// <remarks><c>rpc.discover</c> and the playground page show the description. It does not change how the method is called.</remarks>
    /// <param name="name">The name of a method that is already registered.</param>
    /// <param name="description">The description. It replaces an earlier one.</param>
    /// <returns>This registry.</returns>
    /// <exception cref="ArgumentException">There is no such method, or the description has a parameter that the method does not have.</exception>
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

    /// <summary>Adds middleware around every method, including the fallback, <c>rpc.discover</c> and <c>rpc.typescript</c>.</summary>
    /// <remarks>
    /// <para>It also runs around methods that are registered later. The middleware that is added first is the outermost.</para>
    /// <para>It runs for each call of a method that exists, for each entry of a batch and for notifications. It does not run for requests that are not calls: one that cannot be
    /// parsed, an invalid one, an unknown method, or one that a rule of HTTP refuses. For middleware around whole HTTP exchanges, see
    /// <see cref="JsonRpcServerOptions.Use"/>.</para>
    /// </remarks>
    /// <param name="middleware">The middleware. It is called on many threads at once.</param>
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

    /// <summary>Adds middleware that is created once for each method, when a server starts.</summary>
    /// <remarks>
    /// <para>At that time it can look at the method's name and attributes. If it has nothing to do for a method, it returns <c>next</c> itself, and calls of that method cost
    /// nothing extra.</para>
    /// <para>The order, and the calls that it runs for, are those of <see cref="Use(JsonRpcMiddleware)"/>.</para>
    /// </remarks>
    /// <param name="wrap">
    /// Gets the method and the next delegate, and returns the delegate to call instead. The rules of <see cref="JsonRpcMiddleware"/> apply to the delegate that it returns.
    /// </param>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">A server has started with this registry.</exception>
    public JsonRpcMethods Use(Func<JsonRpcMethodInfo, JsonRpcMethod, JsonRpcMethod> wrap)
    {
        ArgumentNullException.ThrowIfNull(wrap);
        CheckChangeable("Middleware cannot be added");
        _middleware.Add(new CallMiddleware(wrap, IsGate: false));
        return this;
    }

    /// <summary>Adds a method that answers calls of names that are not registered.</summary>
    /// <remarks>It is meant for relays, and for methods that are known only at run time. Without a fallback such calls are answered with -32601.</remarks>
    /// <param name="method">
    /// The method. <see cref="JsonRpcCall.Method"/> is the name as the caller sent it, with escapes resolved, and may be any text. For a name that the fallback does not know,
    /// throw a <see cref="JsonRpcException"/> with <see cref="JsonRpcErrorCodes.MethodNotFound"/>.
    /// </param>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">There is already a fallback, or a server has started with this registry.</exception>
    public JsonRpcMethods AddFallback(JsonRpcMethod method)
    {
        ArgumentNullException.ThrowIfNull(method);
        CheckChangeable("A fallback cannot be added");
        if (_fallback is not null)
            throw new InvalidOperationException("There is already a fallback. Add only one.");
        _fallback = method;
        return this;
    }

    /// <summary>Lets only authenticated callers call a method.</summary>
    /// <remarks>
    /// <para>Other callers get -32003 "Not allowed" (<see cref="JsonRpcErrorCodes.NotAllowed"/>), which does not say why. In a batch each call is checked on its own.</para>
    /// <para>The caller is authenticated by <see cref="JsonRpcServerOptions.Authenticate"/>, which rejects unauthenticated requests altogether, or by middleware that sets
    /// <see cref="HttpExchange.User"/>.</para>
    /// </remarks>
    /// <param name="name">The name of a method that is already registered.</param>
    /// <param name="check">
    /// Whether the user may call the method. It is called for each call, on many threads at once. <c>null</c>, the default, allows every authenticated user. If the method is
    /// called again for the same name, both checks must allow the user.
    /// </param>
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

    /// <summary>Returns all methods, bound to a server's serializer, with middleware around them.</summary>
    /// <remarks>After this call the registry cannot be changed.</remarks>
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
            throw new InvalidOperationException($"{what}: a server has already started with these methods.");
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
            throw new ArgumentException($"There is already a method '{name}'.", nameof(name));
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
