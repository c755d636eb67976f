namespace JsonRpcLite.Generators;

/// <summary>A contract as input of the generated code: only texts and numbers, so that two readings of one source are equal.</summary>
/// <param name="HintName">The name of the generated file.</param>
/// <param name="Namespace">The namespace; empty for the global one.</param>
/// <param name="Containers">The declarations of the enclosing types, from the outermost.</param>
/// <param name="Name">The name of the interface.</param>
/// <param name="ServerType">The name of the generated type for servers, which no member of the contract has.</param>
/// <param name="ProxyType">The name of the generated type for clients, which no member of the contract has.</param>
/// <param name="Context">An expression for the serializer context; <c>null</c> if there is none.</param>
/// <param name="ByPosition">Whether the proxy sends an array.</param>
/// <param name="Bases">All contracts from which it derives.</param>
/// <param name="Methods">The methods that it declares itself.</param>
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

/// <summary>A base contract, whose methods are passed to a separate proxy.</summary>
/// <param name="Type">The name of the contract.</param>
/// <param name="Methods">The methods that it declares itself.</param>
internal sealed record BaseContract(string Type, EquatableArray<MethodHead> Methods);

/// <summary>The head of an explicit implementation of a method.</summary>
/// <param name="ReturnType">Its return type.</param>
/// <param name="Name">Its name in C#.</param>
/// <param name="Parameters">The types and names of its parameters.</param>
/// <param name="IsObsolete">Whether the method is obsolete, so that only obsolete code may call it if the attribute makes that an error.</param>
internal sealed record MethodHead(string ReturnType, string Name, EquatableArray<(string Type, string Name)> Parameters, bool IsObsolete);

/// <summary>A method of a contract.</summary>
/// <param name="Head">The declaration of the method.</param>
/// <param name="WireName">Its name on the wire.</param>
/// <param name="Returns">The kind of its return type.</param>
/// <param name="Result">The type of its result or items, without nullable annotations of references; empty if it has none.</param>
/// <param name="MayBeNull">Whether the result may be null.</param>
/// <param name="IsNotification">Whether the proxy sends it without an id.</param>
/// <param name="IsStreamOnly">Whether callers that do not accept a stream are rejected.</param>
/// <param name="Idempotency">The value of a member of JsonRpcIdempotency.</param>
/// <param name="Parameters">Its parameters.</param>
/// <param name="Words">The documentation from its source.</param>
/// <param name="Attributes">Expressions that create its attributes.</param>
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
/// <param name="Kind">The purpose of the parameter.</param>
/// <param name="Name">Its name in C#, escaped.</param>
/// <param name="WireName">Its name on the wire.</param>
/// <param name="Type">Its type without nullable annotations of references; for progress, the type of a report.</param>
/// <param name="TakesNull">Whether it accepts null.</param>
/// <param name="Default">An expression for its default value; <c>null</c> if it is required.</param>
/// <param name="Attributes">Expressions that create its attributes.</param>
internal sealed record ContractParameter(ParameterKind Kind, string Name, string WireName, string Type, bool TakesNull, string? Default, EquatableArray<string> Attributes);

/// <summary>The documentation of a method from its source.</summary>
/// <param name="Summary">The description of the method.</param>
/// <param name="Result">The description of its result.</param>
/// <param name="Parameters">The descriptions of its parameters, by their names on the wire.</param>
/// <param name="Errors">The errors to expect.</param>
internal sealed record MethodWords(string? Summary, string? Result, EquatableArray<(string Name, string Text)> Parameters, EquatableArray<(int Code, string Message)> Errors)
{
    public bool IsEmpty => Summary is null && Result is null && Parameters.Count == 0 && Errors.Count == 0;
}
