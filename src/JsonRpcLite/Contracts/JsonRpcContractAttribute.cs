using System.Text.Json.Serialization;

namespace JsonRpcLite;

/// <summary>Makes a <c>partial</c> interface a contract: its methods are a JSON-RPC server's methods, and calls on a client.</summary>
/// <remarks>
/// <para>The source generator in this package writes the code for both sides when the project is compiled; nothing uses reflection. Register an implementation on a server with
/// <see cref="JsonRpcMethods.AddService{T}(T)"/>, and create a proxy on a client with <see cref="JsonRpcClient.As{T}"/>.</para>
/// <para>The name of a method in calls is the prefix, followed by its C# name without a trailing <c>Async</c> and with its first letter in lower case;
/// <see cref="JsonRpcNameAttribute"/> sets another name. Parameter names are sent too, so renaming a parameter changes the contract: <see cref="JsonRpcNameAttribute"/> on the
/// parameter keeps the old name.</para>
/// <para>See docs/contracts.md for the rules and the diagnostics.</para>
/// </remarks>
/// <example>
/// <code>
/// [JsonRpcContract("calc.")]
/// public partial interface ICalculator
/// {
///     Task&lt;int> SubtractAsync(int minuend, int subtrahend = 1, CancellationToken cancellationToken = default);   // calc.subtract
/// }
///
/// var methods = new JsonRpcMethods().AddService&lt;ICalculator>(new Calculator());
/// ICalculator calculator = client.As&lt;ICalculator>();
/// </code>
/// </example>
/// <param name="prefix">The prefix of every method's name, taken literally. Empty by default.</param>
[AttributeUsage(AttributeTargets.Interface)]
public sealed class JsonRpcContractAttribute(string prefix = "") : Attribute
{
    /// <summary>The prefix of every method's name, taken literally.</summary>
    public string Prefix { get; } = prefix ?? throw new ArgumentNullException(nameof(prefix));

    /// <summary>Gets or sets whether the client sends parameters by position, as an array.</summary>
    /// <remarks>A server accepts both forms.</remarks>
    /// <value><c>false</c> by default: by name, as an object.</value>
    public bool ByPosition { get; set; }

    /// <summary>A <see cref="JsonSerializerContext"/> with the types of the contract's parameters and results.</summary>
    /// <value><c>null</c> by default: the serializer options of the server or client resolve the types.</value>
    /// <remarks>
    /// Trimmed and AOT-compiled programs need one. The context only defines the members of the types. The options of the server or client determine how they are written (names
    /// in camelCase, and so on).
    /// </remarks>
    public Type? SerializerContext { get; set; }
}
