using System.Text.Json.Serialization;

namespace JsonRpcLite;

/// <summary>Makes a <c>partial</c> interface a contract: its methods are methods of a JSON-RPC server, and calls on a client.</summary>
/// <remarks>
/// <para>A source generator, which comes with this package, writes the code for both sides when the project is compiled; nothing is found by reflection. A server takes
/// an object with
/// <see cref="JsonRpcMethods.AddService{T}(T)"/>, and a client gives one with <see cref="JsonRpcClient.As{T}"/>.</para>
/// <para>A method is called by its name in C# without a trailing <c>Async</c>, its first letter in lower case, after the prefix; <see cref="JsonRpcNameAttribute"/> gives
/// another name. The names of parameters are part of what
/// travels, so that renaming one changes the contract: <see cref="JsonRpcNameAttribute"/> on the parameter keeps the old name.</para>
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
/// <param name="prefix">What stands in front of the name of every method, taken literally. Empty by default.</param>
[AttributeUsage(AttributeTargets.Interface)]
public sealed class JsonRpcContractAttribute(string prefix = "") : Attribute
{
    /// <summary>What stands in front of the name of every method, taken literally.</summary>
    public string Prefix { get; } = prefix ?? throw new ArgumentNullException(nameof(prefix));

    /// <summary>Whether the client sends parameters by position, as an array. A server takes both.</summary>
    /// <value><c>false</c> by default: by name, as an object.</value>
    public bool ByPosition { get; set; }

    /// <summary>A <see cref="JsonSerializerContext"/> that knows the types of the contract's parameters and results, as trimmed and AOT-compiled programs need it.</summary>
    /// <value><c>null</c> by default: the types are resolved by the serializer options of the server or client.</value>
    /// <remarks>The context only says what the types hold. How they are written (names in camelCase, and so on) is said by the options of the server or client.</remarks>
    public Type? SerializerContext { get; set; }
}
