using System.ComponentModel;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite.CompilerServices;

/// <summary>What both sides know of a contract: its methods, as one text, and its types. Immutable.</summary>
/// <remarks>
/// A contract is data wherever it can be: a compiler reads a text at once, and takes long for a statement or a lambda for each method.
/// Generated code holds what needs the types of the contract, and no more.
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ContractOutline
{
    private readonly Lazy<object?[]> _defaults;
    private readonly Lazy<Dictionary<int, JsonRpcMethodDescription>> _descriptions;

    /// <summary>Reads the methods.</summary>
    /// <param name="methods">An array of JSON with an array for each method; <see cref="MethodOutline"/> says what is in it.</param>
    /// <param name="types">Adds the types, which the text names by their numbers.</param>
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

    /// <summary>Whether a proxy sends parameters by position.</summary>
    public bool ByPosition { get; init; }

    /// <summary>Knows the types; <c>null</c> where the options of a server or client do.</summary>
    public IJsonTypeInfoResolver? Context { get; init; }

    /// <summary>Gives the default values, in the order of the parameters that have one.</summary>
    public Func<object?[]>? Defaults { get; init; }

    /// <summary>Makes the attributes of a method or a parameter, by their number among those that have attributes.</summary>
    public Func<int, object[]>? Attributes { get; init; }

    /// <summary>What the source says of the methods: an array of JSON with an object for each method that it says something of.</summary>
    public Func<ReadOnlySpan<byte>>? Descriptions { get; init; }

    internal MethodOutline[] Methods { get; }

    internal ContractType[] Types { get; }

    /// <summary>Whether a client reads values of a type, for each type.</summary>
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
