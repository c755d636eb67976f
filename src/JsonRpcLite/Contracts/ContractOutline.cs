using System.ComponentModel;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite.CompilerServices;

/// <summary>The part of a contract that both sides share: its methods, as one text, and its types.</summary>
/// <remarks>
/// Immutable. A contract is data where possible: compiling a statement or a lambda for each method takes much longer than one text. Generated code contains only what needs the
/// types of the contract.
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ContractOutline
{
    private readonly Lazy<object?[]> _defaults;
    private readonly Lazy<Dictionary<int, JsonRpcMethodDescription>> _descriptions;

    /// <summary>Reads the methods.</summary>
    /// <param name="methods">A JSON array with an array for each method; <see cref="MethodOutline"/> documents its elements.</param>
    /// <param name="types">Adds the types, to which the text refers by number.</param>
    public ContractOutline(ReadOnlySpan<byte> methods, Action<ContractTypes> types)
    {
        ArgumentNullException.ThrowIfNull(types);
        Methods = MethodOutline.ReadAll(methods);
        var all = new ContractTypes();
        types(all);
        Types = all.ToArray();
        ReadByClients = [.. Types.Select((_, number) => Methods.Any(method => method.Result == number || method.Progress == number))];
        _defaults = new(() => Defaults?.Invoke() ?? []);
        _descriptions = new(ReadDescriptions);
    }

    /// <summary>Gets whether a proxy sends parameters by position.</summary>
    public bool ByPosition { get; init; }

    /// <summary>The resolver of the types; <c>null</c> where the options of the server or client resolve them.</summary>
    public IJsonTypeInfoResolver? Context { get; init; }

    /// <summary>Returns the default values, in the order of the parameters that have one.</summary>
    public Func<object?[]>? Defaults { get; init; }

    /// <summary>Creates the attributes of a method or a parameter, by its number among those that have attributes.</summary>
    public Func<int, object[]>? Attributes { get; init; }

    /// <summary>The documentation of the methods from the source, as a JSON array.</summary>
    /// <remarks>It has an object for each method that is documented.</remarks>
    public Func<ReadOnlySpan<byte>>? Descriptions { get; init; }

    internal MethodOutline[] Methods { get; }

    internal ContractType[] Types { get; }

    /// <summary>For each type, whether a client reads values of it.</summary>
    internal bool[] ReadByClients { get; }

    internal object? DefaultOf(ParameterOutline parameter) => _defaults.Value[parameter.Default];

    internal IReadOnlyList<object> AttributesOf(int number) => number < 0 ? [] : Attributes!(number);

    internal JsonRpcMethodDescription? DescriptionOf(MethodOutline method) => _descriptions.Value.GetValueOrDefault(method.Number);

    private Dictionary<int, JsonRpcMethodDescription> ReadDescriptions()
    {
        var descriptions = new Dictionary<int, JsonRpcMethodDescription>();
        foreach (var said in Descriptions is null ? [] : JsonNode.Parse(Descriptions())!.AsArray())
        {
            var description = new JsonRpcMethodDescription
            {
                Summary = (string?)said!["summary"],
                Result = (string?)said["result"],
                IsDeprecated = said["deprecated"] is not null,
            };
            foreach (var (name, text) in said["parameters"]?.AsObject() ?? [])
                description.Parameters[name] = (string)text!;
            foreach (var error in said["errors"]?.AsArray() ?? [])
                description.Errors[(int)error![0]!] = (string)error[1]!;
            descriptions[(int)said["method"]!] = description;
        }
        return descriptions;
    }
}
