using System.Diagnostics.CodeAnalysis;
using JsonRpcLite.CompilerServices;

namespace JsonRpcLite;

/// <content>The methods of contracts.</content>
public sealed partial class JsonRpcMethods
{
    /// <summary>Registers the methods of a contract that one object implements.</summary>
    /// <param name="service">The object. Its methods are called on many threads at once. It is not disposed.</param>
    /// <typeparam name="T">A partial interface with <see cref="JsonRpcContractAttribute"/>. Write it out: <c>AddService&lt;ICalculator>(new Calculator())</c>.</typeparam>
    /// <returns>This registry.</returns>
    /// <exception cref="ArgumentException">The name of a method is taken. In this case none of the contract's methods is registered.</exception>
    /// <exception cref="InvalidOperationException">A server has started with this registry.</exception>
    /// <example>
    /// <code>
    /// using var server = JsonRpc.MakeServer(12345, new JsonRpcMethods().AddService&lt;ICalculator>(new Calculator()));
    /// </code>
    /// </example>
    public JsonRpcMethods AddService<T>(T service)
        where T : class, IJsonRpcContract<T>
    {
        ArgumentNullException.ThrowIfNull(service);
        return AddService(_ => service, MetadataOf(service));

        [UnconditionalSuppressMessage("Trimming", "IL2072", Justification = "Only attributes of methods that implement the contract are read, which generated code calls.")]
        static ImplementationMetadata MetadataOf(T service) => new(typeof(T), service.GetType());
    }

    /// <summary>Registers the methods of a contract, with a function that returns the object for each call.</summary>
    /// <inheritdoc cref="AddService{T}(T)" path="/typeparam|/returns|/exception"/>
    /// <param name="service">
    /// Returns the object for a call, which can depend on its caller (<see cref="JsonRpcCall.User"/>) or its services (<see cref="JsonRpcCall.Services"/>). It is called on many
    /// threads at once, after the parameters have been read. The object that it returns is not disposed.
    /// </param>
    /// <remarks>
    /// The library does not know the class of the object, so its attributes are not read. To have them read, name the class with the overload that takes a type.
    /// </remarks>
    public JsonRpcMethods AddService<T>(Func<JsonRpcCall, T> service)
        where T : class, IJsonRpcContract<T>
    {
        ArgumentNullException.ThrowIfNull(service);
        return AddService(service, metadata: null);
    }

    /// <inheritdoc cref="AddService{T}(Func{JsonRpcCall, T})"/>
    /// <param name="service">
    /// Returns the object for a call. It is called on many threads at once, after the parameters have been read. The object that it returns is not disposed.
    /// </param>
    /// <param name="implementation">
    /// The class of the objects. Its attributes, those of its methods and those of the contract's interface become the metadata of the methods
    /// (<see cref="JsonRpcMethodInfo.Metadata"/>).
    /// </param>
    /// <exception cref="ArgumentException">The name of a method is taken, or the class does not implement the contract.</exception>
    public JsonRpcMethods AddService<T>(Func<JsonRpcCall, T> service, [DynamicallyAccessedMembers(ImplementationMetadata.Members)] Type implementation)
        where T : class, IJsonRpcContract<T>
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(implementation);
        if (!typeof(T).IsAssignableFrom(implementation))
            throw new ArgumentException($"{implementation} does not implement {typeof(T)}.", nameof(implementation));
        return AddService(service, new ImplementationMetadata(typeof(T), implementation));
    }

    private JsonRpcMethods AddService<T>(Func<JsonRpcCall, T> service, ImplementationMetadata? metadata)
        where T : class, IJsonRpcContract<T>
    {
        var methods = new List<ContractMethod>();
        T.Register(new ContractMethods<T>(service, methods.Add));
        // All or none: if one name is taken, none of the methods is registered.
        if (methods.Find(method => _methods.ContainsKey(method.Name)) is { } taken)
            throw new ArgumentException($"There is already a method '{taken.Name}'.", nameof(service));
        foreach (var method in methods)
        {
            Register(method.Name, new Registration(() => method.Attributes, binding => method.Bind(binding.Serializer), binding => method.Describe(binding.Serializer))
            {
                More = metadata is null ? null : () => metadata.Of(method.Name),
            });
        }
        return this;
    }
}
