using System.Reflection;

namespace JsonRpcLite;

/// <content>Methods for hosts, such as one with dependency injection.</content>
public sealed partial class JsonRpcMethods
{
    private readonly List<Func<ParameterInfo, Func<JsonRpcCall, object?>?>> _fillers = [];
    private readonly List<Func<JsonRpcMethodInfo, JsonRpcCall, ValueTask<bool>>> _discoveryFilters = [];
    private readonly List<Action<IReadOnlyList<JsonRpcMethodInfo>>> _checks = [];

    /// <summary>Creates an empty registry.</summary>
    public JsonRpcMethods()
    {
    }

    /// <summary>Copies a registry: its methods, descriptions and rules, its middleware and its fallback.</summary>
    /// <remarks>The copy can be changed, even if a server has started with the other registry.</remarks>
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

    /// <summary>Registers a method of a class, with a function that returns the object for each call, such as one from a container.</summary>
    /// <remarks>The rules of <see cref="Add(string, Delegate)"/> for parameters and results apply.</remarks>
    /// <param name="name">The method's name, compared exactly. Names that begin with <c>rpc.</c> are reserved (JSON-RPC 2.0, 4.3).</param>
    /// <param name="method">An instance method without type parameters.</param>
    /// <param name="target">
    /// Returns the object for a call. It is called on many threads at once, after the parameters have been read. The object that it returns is not disposed.
    /// </param>
    /// <returns>This registry.</returns>
    /// <exception cref="ArgumentException">As for <see cref="Add(string, Delegate)"/>; or the method is static or has type parameters.</exception>
    /// <exception cref="InvalidOperationException">A server has started with this registry.</exception>
    public JsonRpcMethods AddMethod(string name, MethodInfo method, Func<JsonRpcCall, object> target)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(target);
        DelegateMethod.Check(name, method);
        return Register(
            name,
            new Registration(
                () => [.. Attribute.GetCustomAttributes(method.ReflectedType!, inherit: true), .. Attribute.GetCustomAttributes(method, inherit: true)],
                binding => DelegateMethod.Bind(name, method, target, binding),
                binding => DelegateMethod.Describe(method, binding)));
    }

    /// <summary>Adds to the metadata of a registered method (<see cref="JsonRpcMethodInfo.Metadata"/>), as an attribute on its function does.</summary>
    /// <param name="name">The name of a method that is already registered.</param>
    /// <param name="metadata">The objects to add: attributes or others.</param>
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

    /// <summary>Adds a rule that fills in parameters that are not part of the call, such as services.</summary>
    /// <remarks>
    /// Callers cannot set these parameters, and <c>rpc.discover</c> does not show them. The rule applies to functions that are added by <see cref="Add(string, Delegate)"/> and
    /// <see cref="AddMethod"/>, before or after it.
    /// </remarks>
    /// <param name="rule">
    /// Called for each parameter when a server starts, in the order in which the rules were added. It returns a function that returns the value for a call, or <c>null</c> for a
    /// parameter that it does not fill. That function is called on many threads at once, after the caller's own parameters have been read.
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

    /// <summary>Adds middleware as <see cref="Use(Func{JsonRpcMethodInfo, JsonRpcMethod, JsonRpcMethod})"/> does, but as the outermost.</summary>
    /// <inheritdoc cref="Use(Func{JsonRpcMethodInfo, JsonRpcMethod, JsonRpcMethod})"/>
    /// <remarks>It runs before all middleware that was added earlier.</remarks>
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

    /// <summary>Adds middleware that only decides whether a call may run, such as a rate limit.</summary>
    /// <remarks>
    /// It is added as <see cref="Use(JsonRpcMiddleware)"/> adds its middleware. A gate does not count as code of the application: a call that has passed it is still untouched
    /// (<see cref="JsonRpcCall.IsUntouched"/>).
    /// </remarks>
    /// <param name="middleware">The middleware. It calls <c>next</c>, or throws a <see cref="JsonRpcException"/>. It is called on many threads at once.</param>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">A server has started with this registry.</exception>
    public JsonRpcMethods UseGate(JsonRpcMiddleware middleware)
    {
        ArgumentNullException.ThrowIfNull(middleware);
        return UseGate(MethodPipeline.Wrap(middleware));
    }

    /// <inheritdoc cref="UseGate(JsonRpcMiddleware)"/>
    /// <param name="wrap">Gets the method and the next delegate, and returns the delegate to call instead; <c>next</c> itself if every call may run.</param>
    public JsonRpcMethods UseGate(Func<JsonRpcMethodInfo, JsonRpcMethod, JsonRpcMethod> wrap)
    {
        ArgumentNullException.ThrowIfNull(wrap);
        CheckChangeable("A gate cannot be added");
        _middleware.Add(new CallMiddleware(wrap, IsGate: true));
        return this;
    }

    /// <summary>Adds a check of all methods, which runs when a server starts.</summary>
    /// <remarks>If the check throws, the server does not start.</remarks>
    /// <param name="check">Gets the registered methods, <c>rpc.discover</c> and <c>rpc.typescript</c> if they are enabled, and the fallback, whose name is empty.</param>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">A server has started with this registry.</exception>
    public JsonRpcMethods CheckAtStart(Action<IReadOnlyList<JsonRpcMethodInfo>> check)
    {
        ArgumentNullException.ThrowIfNull(check);
        CheckChangeable("A check cannot be added");
        _checks.Add(check);
        return this;
    }

    /// <summary>Hides methods from <c>rpc.discover</c> and <c>rpc.typescript</c>, depending on the caller.</summary>
    /// <remarks>Methods that <see cref="RequireUser"/> forbids the caller are always hidden. A filter does not prevent calls of the methods that it hides.</remarks>
    /// <param name="isShown">
    /// Whether a method is shown to the caller of <c>rpc.discover</c>. In each such call it is called for each method, one after another. If there are several filters, a method
    /// is shown only if all of them return <c>true</c>.
    /// </param>
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
