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

    /// <summary>Adds the public methods of a class. Each call gets an object of its own from the call's services.</summary>
    /// <remarks>
    /// <para>A method is called by its name in C# without a trailing <c>Async</c>, its first letter in lower case, after the prefix: <c>PlaceOrderAsync</c> is <c>placeOrder</c>.
    /// <see cref="JsonRpcNameAttribute"/> gives another name, and <see cref="JsonRpcIgnoreAttribute"/> leaves a method out. Methods of base classes count, those of
    /// <see cref="object"/>, <c>Dispose</c> and <c>DisposeAsync</c>, static methods and the accessors of properties and events do not.</para>
    /// <para>Parameters whose type is a service of the application are filled in, and so are those with <see cref="FromKeyedServicesAttribute"/> or <c>[FromServices]</c>. All else
    /// that <see cref="JsonRpcMethods.Add(string, Delegate)"/> says of parameters and results holds.</para>
    /// </remarks>
    /// <param name="builder">The set.</param>
    /// <param name="prefix">What stands in front of each name, taken literally.</param>
    /// <typeparam name="T">The class. It is registered as a scoped service, unless it is registered already.</typeparam>
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

    /// <summary>Adds functions, and all else that a registry can have. Their parameters may be services.</summary>
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

    /// <summary>Adds the methods of a contract, served by a class of which each call gets an object of its own from the call's services.</summary>
    /// <remarks>Attributes of the class and of its methods count as those of the contract do: an authorization policy on either is asked.</remarks>
    /// <param name="builder">The set.</param>
    /// <typeparam name="TContract">A partial interface with <see cref="JsonRpcContractAttribute"/>.</typeparam>
    /// <typeparam name="TImplementation">The class. It is registered as a scoped service, unless it is registered already.</typeparam>
    /// <returns>The set.</returns>
    public static IJsonRpcBuilder AddService<TContract, [DynamicallyAccessedMembers(Implementation)] TImplementation>(this IJsonRpcBuilder builder)
        where TContract : class, IJsonRpcContract<TContract>
        where TImplementation : class, TContract
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddScoped<TImplementation>();
        return builder.AddStep((methods, _) => methods.AddService<TContract>(static call => call.Services!.GetRequiredService<TImplementation>(), typeof(TImplementation)));
    }

    /// <summary>Adds middleware around every method of the set, made by the services of each call. What is added first is the outermost.</summary>
    /// <param name="builder">The set.</param>
    /// <typeparam name="T">The middleware. It is registered as a scoped service, unless it is registered already.</typeparam>
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
            throw new ArgumentException($"{type} has no public methods to serve.");
        return methods;
    }

    private static bool IsDisposal(MethodInfo method) => method.GetParameters().Length == 0 && method.Name is nameof(IDisposable.Dispose) or nameof(IAsyncDisposable.DisposeAsync);
}
