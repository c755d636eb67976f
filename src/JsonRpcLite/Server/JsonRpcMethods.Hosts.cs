using System.Reflection;

namespace JsonRpcLite;

/// <content>What a host builds on, such as one with dependency injection.</content>
public sealed partial class JsonRpcMethods
{
    private readonly List<Func<ParameterInfo, Func<JsonRpcCall, object?>?>> _fillers = [];
    private readonly List<Func<JsonRpcMethodInfo, JsonRpcCall, ValueTask<bool>>> _discoveryFilters = [];
    private readonly List<Action<IReadOnlyList<JsonRpcMethodInfo>>> _checks = [];

    /// <summary>Creates an empty registry.</summary>
    public JsonRpcMethods()
    {
    }

    /// <summary>
    /// Copies a registry: its methods, descriptions and rules, its middleware and its fallback. The copy can be changed, also when a server has started with the other.
    /// </summary>
    /// <param name="other">The registry to copy.</param>
    public JsonRpcMethods(JsonRpcMethods other)
    {
        ArgumentNullException.ThrowIfNull(other);
        foreach (var (name, registration) in other._methods)
            _methods.Add(name, registration);
        _middleware.AddRange(other._middleware);
        _fallback = other._fallback;
        _fillers.AddRange(other._fillers);
        _discoveryFilters.AddRange(other._discoveryFilters);
        _keepsKeys = other._keepsKeys;
        _checks.AddRange(other._checks);
    }

    /// <summary>
    /// Registers a method of a class whose object is asked for anew with each call, such as one from a container. All that <see cref="Add(string, Delegate)"/> says of parameters
    /// and results holds for it.
    /// </summary>
    /// <param name="name">The method's name, compared exactly. Names that begin with <c>rpc.</c> are reserved (JSON-RPC 2.0, 4.3).</param>
    /// <param name="method">The method; of an instance, and without type parameters.</param>
    /// <param name="target">Gives the object for a call; called on many threads at once, after the parameters were read. What it returns is not disposed.</param>
    /// <returns>This registry.</returns>
    /// <exception cref="ArgumentException">As <see cref="Add(string, Delegate)"/>; or the method is static or has type parameters.</exception>
    /// <exception cref="InvalidOperationException">A server has started with this registry.</exception>
    public JsonRpcMethods AddMethod(string name, MethodInfo method, Func<JsonRpcCall, object> target)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(target);
        DelegateMethod.Check(name, method);
        return Register(
            name,
            new Registration(
                () => [.. Attribute.GetCustomAttributes(method, inherit: true), .. Attribute.GetCustomAttributes(method.ReflectedType!, inherit: true)],
                binding => DelegateMethod.Bind(name, method, target, binding),
                binding => DelegateMethod.Describe(method, binding)));
    }

    /// <summary>Adds to what middleware and hosts know of a registered method (<see cref="JsonRpcMethodInfo.Metadata"/>), as an attribute on its function would.</summary>
    /// <param name="name">The name of a method that is registered already.</param>
    /// <param name="metadata">The objects to add; attributes or others.</param>
    /// <returns>This registry.</returns>
    /// <exception cref="ArgumentException">There is no such method.</exception>
    /// <exception cref="InvalidOperationException">A server has started with this registry.</exception>
    public JsonRpcMethods AddMetadata(string name, params object[] metadata)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(metadata);
        CheckChangeable($"'{name}' cannot be given metadata");
        var registration = Find(name);
        object[] added = [.. metadata];
        _methods[name] = registration with { Attributes = () => [.. registration.Attributes(), .. added] };
        return this;
    }

    /// <summary>
    /// Adds a rule for parameters that are not a part of the call, such as services: they are filled in, callers cannot set them, and <c>rpc.discover</c> does not show them. It
    /// holds for functions that are added by <see cref="Add(string, Delegate)"/> and <see cref="AddMethod"/>, before or after.
    /// </summary>
    /// <param name="rule">
    /// Asked for each parameter when a server starts, in the order in which the rules were added. Returns what gives the value for a call, called on many threads at once after the
    /// caller's own parameters have been read; or <c>null</c> for a parameter that it does not know.
    /// </param>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">A server has started with this registry.</exception>
    public JsonRpcMethods FillParameters(Func<ParameterInfo, Func<JsonRpcCall, object?>?> rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        CheckChangeable("A rule for parameters cannot be added");
        _fillers.Add(rule);
        return this;
    }

    /// <summary>
    /// Adds middleware as <see cref="Use(Func{JsonRpcMethodInfo, JsonRpcMethod, JsonRpcMethod})"/> does, but in front of all that was added before: it becomes the outermost.
    /// </summary>
    /// <inheritdoc cref="Use(Func{JsonRpcMethodInfo, JsonRpcMethod, JsonRpcMethod})"/>
    public JsonRpcMethods UseOutermost(Func<JsonRpcMethodInfo, JsonRpcMethod, JsonRpcMethod> wrap)
    {
        ArgumentNullException.ThrowIfNull(wrap);
        CheckChangeable("Middleware cannot be added");
        _middleware.Insert(0, new CallMiddleware(wrap, IsGate: true));
        return this;
    }

    /// <inheritdoc cref="UseOutermost(Func{JsonRpcMethodInfo, JsonRpcMethod, JsonRpcMethod})"/>
    /// <param name="middleware">The middleware; called on many threads at once.</param>
    public JsonRpcMethods UseOutermost(JsonRpcMiddleware middleware)
    {
        ArgumentNullException.ThrowIfNull(middleware);
        return UseOutermost(MethodPipeline.Wrap(middleware));
    }

    /// <summary>
    /// Adds middleware as <see cref="Use(JsonRpcMiddleware)"/> does, that only judges whether a call may run, such as a limit of rates. It is not the application's code: what
    /// stands behind it still finds the call untouched (<see cref="JsonRpcCall.IsUntouched"/>).
    /// </summary>
    /// <param name="middleware">The middleware: calls <c>next</c>, or throws a <see cref="JsonRpcException"/>. Called on many threads at once.</param>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">A server has started with this registry.</exception>
    public JsonRpcMethods UseGate(JsonRpcMiddleware middleware)
    {
        ArgumentNullException.ThrowIfNull(middleware);
        return UseGate(MethodPipeline.Wrap(middleware));
    }

    /// <inheritdoc cref="UseGate(JsonRpcMiddleware)"/>
    /// <param name="wrap">Gets the method and what stands behind the gate, and returns what is called in its place; <c>next</c> itself where every call may run.</param>
    public JsonRpcMethods UseGate(Func<JsonRpcMethodInfo, JsonRpcMethod, JsonRpcMethod> wrap)
    {
        ArgumentNullException.ThrowIfNull(wrap);
        CheckChangeable("A gate cannot be added");
        _middleware.Add(new CallMiddleware(wrap, IsGate: true));
        return this;
    }

    /// <summary>Adds a check that runs when a server starts, of all that can be called: an exception ends the start.</summary>
    /// <param name="check">
    /// Gets the registered methods, <c>rpc.discover</c> and <c>rpc.typescript</c> where they are on, and the fallback, whose name is empty.
    /// </param>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">A server has started with this registry.</exception>
    public JsonRpcMethods CheckAtStart(Action<IReadOnlyList<JsonRpcMethodInfo>> check)
    {
        ArgumentNullException.ThrowIfNull(check);
        CheckChangeable("A check cannot be added");
        _checks.Add(check);
        return this;
    }

    /// <summary>
    /// Hides methods from <c>rpc.discover</c> and <c>rpc.typescript</c> by who asks. Methods that the caller may not call by <see cref="RequireUser"/> are hidden in any case. It
    /// does not stop anybody from calling them.
    /// </summary>
    /// <param name="isShown">Whether a method is shown to the caller of <c>rpc.discover</c>. Asked for each method at each such call, one after another. Of several filters all
    /// must agree.</param>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">A server has started with this registry.</exception>
    public JsonRpcMethods FilterDiscovery(Func<JsonRpcMethodInfo, JsonRpcCall, ValueTask<bool>> isShown)
    {
        ArgumentNullException.ThrowIfNull(isShown);
        CheckChangeable("A filter for discovery cannot be added");
        _discoveryFilters.Add(isShown);
        return this;
    }

    private Func<JsonRpcCall, object?>? Fill(ParameterInfo parameter)
    {
        foreach (var rule in _fillers)
        {
            if (rule(parameter) is { } fill)
                return fill;
        }
        return null;
    }
}
