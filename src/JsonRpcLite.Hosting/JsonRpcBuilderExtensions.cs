using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using JsonRpcLite;
using JsonRpcLite.CompilerServices;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds methods and middleware to a set.</summary>
public static class JsonRpcBuilderExtensions
{
    private const DynamicallyAccessedMemberTypes MethodsAndConstructors = DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.PublicConstructors;

    private const DynamicallyAccessedMemberTypes Implementation =
        MethodsAndConstructors | DynamicallyAccessedMemberTypes.NonPublicMethods | DynamicallyAccessedMemberTypes.Interfaces;

    /// <summary>Adds the public methods of a class.</summary>
    /// <remarks>
    /// <para>The services of each call create a new object for it.</para>
    /// <para>The name of a method is its C# name after the prefix, without a trailing <c>Async</c> and with its first letter in lower case: <c>PlaceOrderAsync</c> becomes
    /// <c>placeOrder</c>. <see cref="JsonRpcNameAttribute"/> sets another name, and <see cref="JsonRpcIgnoreAttribute"/> excludes a method. Methods of base classes are included.
    /// The methods of <see cref="object"/>, <c>Dispose</c> and <c>DisposeAsync</c>, static methods, and the accessors of properties and events are not.</para>
    /// <para>Parameters whose type is a service of the application are injected, as are those with <see cref="FromKeyedServicesAttribute"/> or <c>[FromServices]</c>. The other
    /// rules for parameters and results are those of <see cref="JsonRpcMethods.Add(string, Delegate)"/>.</para>
    /// </remarks>
    /// <param name="builder">The set.</param>
    /// <param name="prefix">The prefix of each name, used literally.</param>
    /// <typeparam name="T">The class. It is registered as a scoped service unless it is registered already.</typeparam>
    /// <returns>The set.</returns>
    public static IJsonRpcBuilder AddMethods<[DynamicallyAccessedMembers(MethodsAndConstructors)] T>(this IJsonRpcBuilder builder, string prefix = "")
        where T : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(prefix);
        builder.Services.TryAddScoped<T>();
        return builder.AddStep((methods, _) =>
        {
            foreach (var method in MethodsOf(typeof(T)))
                methods.AddMethod(WireNames.Of(method, prefix), method, static call => call.Services!.GetRequiredService<T>());
        });
    }

    /// <summary>Adds functions and anything else that a registry can have.</summary>
    /// <remarks>Parameters of functions may be services.</remarks>
    /// <param name="builder">The set.</param>
    /// <param name="configure">Called for each server that serves the set, when it starts.</param>
    /// <returns>The set.</returns>
    /// <example>
    /// <code>
    /// builder.Services.AddJsonRpc().AddMethods(methods => methods.Add("time", (TimeProvider clock) => clock.GetUtcNow()));
    /// </code>
    /// </example>
    public static IJsonRpcBuilder AddMethods(this IJsonRpcBuilder builder, Action<JsonRpcMethods> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return builder.AddStep((methods, _) => configure(methods));
    }

    /// <inheritdoc cref="AddMethods(IJsonRpcBuilder, Action{JsonRpcMethods})"/>
    /// <remarks>The second argument is the application's services, for singletons.</remarks>
    public static IJsonRpcBuilder AddMethods(this IJsonRpcBuilder builder, Action<JsonRpcMethods, IServiceProvider> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return builder.AddStep(configure);
    }

    /// <summary>Adds the methods of a contract, which a class implements.</summary>
    /// <remarks>
    /// The services of each call create a new object for it. Attributes of the class and of its methods count like those of the contract: an authorization policy on either
    /// applies.
    /// </remarks>
    /// <param name="builder">The set.</param>
    /// <typeparam name="TContract">A partial interface with <see cref="JsonRpcContractAttribute"/>.</typeparam>
    /// <typeparam name="TImplementation">The class. It is registered as a scoped service unless it is registered already.</typeparam>
    /// <returns>The set.</returns>
    public static IJsonRpcBuilder AddService<TContract, [DynamicallyAccessedMembers(Implementation)] TImplementation>(this IJsonRpcBuilder builder)
        where TContract : class, IJsonRpcContract<TContract>
        where TImplementation : class, TContract
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddScoped<TImplementation>();
        return builder.AddStep((methods, _) => methods.AddService<TContract>(static call => call.Services!.GetRequiredService<TImplementation>(), typeof(TImplementation)));
    }

    /// <summary>Adds middleware around every method of the set.</summary>
    /// <remarks>The first one added is the outermost. The services of each call create the middleware.</remarks>
    /// <param name="builder">The set.</param>
    /// <typeparam name="T">The middleware. It is registered as a scoped service unless it is registered already.</typeparam>
    /// <returns>The set.</returns>
    public static IJsonRpcBuilder AddMiddleware<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(this IJsonRpcBuilder builder)
        where T : class, IJsonRpcMiddleware
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddScoped<T>();
        return builder.AddStep((methods, _) =>
            methods.Use(static (call, next, token) => call.Services!.GetRequiredService<T>().InvokeAsync(call, next, token)));
    }

    private static IJsonRpcBuilder AddStep(this IJsonRpcBuilder builder, Action<JsonRpcMethods, IServiceProvider> step)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.Configure<MethodSet>(builder.Name, set => set.Steps.Add(step));
        return builder;
    }

    private static List<MethodInfo> MethodsOf([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicMethods)] Type type)
    {
        var methods = type.GetMethods(BindingFlags.Public | BindingFlags.Instance)
            .Where(m => !m.IsSpecialName && m.GetBaseDefinition().DeclaringType != typeof(object) && !IsDisposal(m) && m.GetCustomAttribute<JsonRpcIgnoreAttribute>() is null)
            .ToList();
        if (methods.Count == 0)
            throw new ArgumentException($"{type} has no public methods to serve. Make its methods public, or remove [JsonRpcIgnore] from them.");
        return methods;
    }

    private static bool IsDisposal(MethodInfo method) => method.GetParameters().Length == 0 && method.Name is nameof(IDisposable.Dispose) or nameof(IAsyncDisposable.DisposeAsync);
}
