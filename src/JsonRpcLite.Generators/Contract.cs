namespace JsonRpcLite.Generators;

/// <summary>A contract as the generator writes it: texts and numbers alone, so that two readings of one source are equal.</summary>
/// <param name="HintName">The name of the generated file.</param>
/// <param name="Namespace">The namespace; empty for the global one.</param>
/// <param name="Containers">The declarations of the types around it, from the outermost.</param>
/// <param name="Name">The name of the interface.</param>
/// <param name="ServerType">The name of the generated type for servers, which no member of the contract has.</param>
/// <param name="ProxyType">The name of the generated type for clients, which no member of the contract has.</param>
/// <param name="Context">An expression for the serializer context; <c>null</c> where none is named.</param>
/// <param name="ByPosition">Whether the proxy sends an array.</param>
/// <param name="Bases">All contracts that it derives from.</param>
/// <param name="Methods">Its own methods.</param>
internal sealed record Contract(
    string HintName,
    string Namespace,
    EquatableArray<string> Containers,
    string Name,
    string ServerType,
    string ProxyType,
    string? Context,
    bool ByPosition,
    EquatableArray<BaseContract> Bases,
    EquatableArray<ContractMethod> Methods);

/// <summary>A contract that another derives from: its methods go to a proxy of its own.</summary>
/// <param name="Type">Its name.</param>
/// <param name="Methods">The methods that it declares itself.</param>
internal sealed record BaseContract(string Type, EquatableArray<MethodHead> Methods);

/// <summary>What an explicit implementation of a method begins with.</summary>
/// <param name="ReturnType">Its return type.</param>
/// <param name="Name">Its name in C#.</param>
/// <param name="Parameters">Types and names of its parameters.</param>
/// <param name="IsObsolete">Whether only obsolete code may call it, where the attribute makes that an error.</param>
internal sealed record MethodHead(string ReturnType, string Name, EquatableArray<(string Type, string Name)> Parameters, bool IsObsolete);

/// <summary>A method of a contract.</summary>
/// <param name="Head">How it is declared.</param>
/// <param name="WireName">Its name on the wire.</param>
/// <param name="Returns">What it returns.</param>
/// <param name="Result">The type of its result or of its items, without the question marks of references; empty where it has none.</param>
/// <param name="MayBeNull">Whether the result may be null.</param>
/// <param name="IsNotification">Whether the proxy sends it without an id.</param>
/// <param name="IsStreamOnly">Whether callers that accept no stream are refused.</param>
/// <param name="Idempotency">The number of a member of JsonRpcIdempotency.</param>
/// <param name="Parameters">Its parameters.</param>
/// <param name="Words">What the source says of it.</param>
/// <param name="Attributes">Expressions that make its attributes.</param>
internal sealed record ContractMethod(
    MethodHead Head,
    string WireName,
    ReturnKind Returns,
    string Result,
    bool MayBeNull,
    bool IsNotification,
    bool IsStreamOnly,
    int Idempotency,
    EquatableArray<ContractParameter> Parameters,
    MethodWords Words,
    EquatableArray<string> Attributes);

internal enum ReturnKind
{
    Nothing,
    Value,
    Task,
    TaskOfValue,
    ValueTask,
    ValueTaskOfValue,
    Items,
}

internal enum ParameterKind
{
    Value,
    Token,
    Progress,
}

/// <summary>A parameter of a contract's method.</summary>
/// <param name="Kind">What it is for.</param>
/// <param name="Name">Its name in C#, escaped.</param>
/// <param name="WireName">Its name on the wire.</param>
/// <param name="Type">Its type without the question marks of references; of a progress that of a report.</param>
/// <param name="TakesNull">Whether null is a value for it.</param>
/// <param name="Default">An expression for its default value; <c>null</c> where it must be passed.</param>
/// <param name="Attributes">Expressions that make its attributes.</param>
internal sealed record ContractParameter(ParameterKind Kind, string Name, string WireName, string Type, bool TakesNull, string? Default, EquatableArray<string> Attributes);

/// <summary>What the source says of a method to people.</summary>
/// <param name="Summary">Of the method.</param>
/// <param name="Result">Of its result.</param>
/// <param name="Parameters">Of its parameters, by their names on the wire.</param>
/// <param name="Errors">The errors to expect.</param>
internal sealed record MethodWords(string? Summary, string? Result, EquatableArray<(string Name, string Text)> Parameters, EquatableArray<(int Code, string Message)> Errors)
{
    public bool IsEmpty => Summary is null && Result is null && Parameters.Count == 0 && Errors.Count == 0;
}
