using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace JsonRpcLite.Generators;

/// <summary>Reads a contract from its symbol, and finds its errors.</summary>
/// <remarks>The generator uses the contract, the analyzer the errors.</remarks>
internal sealed class ContractReader
{
    public const string ContractAttribute = "JsonRpcLite.JsonRpcContractAttribute";

    private readonly INamedTypeSymbol _contract;
    private readonly Compilation _compilation;
    private readonly CancellationToken _cancellationToken;
    private readonly ImmutableArray<Diagnostic>.Builder _faults = ImmutableArray.CreateBuilder<Diagnostic>();
    private readonly MethodReader _methods;

    private ContractReader(INamedTypeSymbol contract, Compilation compilation, CancellationToken cancellationToken)
    {
        _contract = contract;
        _compilation = compilation;
        _cancellationToken = cancellationToken;
        _methods = new MethodReader(contract, compilation, _faults, cancellationToken);
    }

    /// <returns>The contract, which is <c>null</c> if it has an error, and the diagnostics.</returns>
    public static (Contract? Contract, ImmutableArray<Diagnostic> Faults) Read(INamedTypeSymbol contract, Compilation compilation, CancellationToken cancellationToken)
    {
        var reader = new ContractReader(contract, compilation, cancellationToken);
        var read = reader.Read();
        var faults = reader._faults.ToImmutable();
        return (faults.Any(f => f.Severity == DiagnosticSeverity.Error) ? null : read, faults);
    }

    public static AttributeData? AttributeOf(ISymbol symbol, string name) => symbol.GetAttributes().FirstOrDefault(a => a.AttributeClass?.ToDisplayString() == name);

    public static bool IsContract(INamedTypeSymbol type) => AttributeOf(type, ContractAttribute) is not null;

    /// <summary>The serializer context of a contract; <c>null</c> if it names none.</summary>
    public static INamedTypeSymbol? ContextOf(INamedTypeSymbol contract) => NamedArgument(AttributeOf(contract, ContractAttribute), "SerializerContext")?.Value as INamedTypeSymbol;

    /// <summary>The methods of a contract.</summary>
    /// <remarks>Methods with a body are helpers, and not part of it.</remarks>
    public static IEnumerable<IMethodSymbol> MethodsOf(INamedTypeSymbol contract) =>
        contract.GetMembers().OfType<IMethodSymbol>().Where(m => m is { MethodKind: MethodKind.Ordinary, IsAbstract: true, IsStatic: false });

    /// <summary>All contracts from which a contract derives, without the interface that generated code adds to each.</summary>
    public static IEnumerable<INamedTypeSymbol> BasesOf(INamedTypeSymbol contract) => contract.AllInterfaces.Where(i => !IsGeneratedBase(i));

    private static bool IsGeneratedBase(INamedTypeSymbol type) =>
        type is { Name: "IJsonRpcContract", Arity: 1 } && type.ContainingNamespace.ToDisplayString() == "JsonRpcLite.CompilerServices";

    private static TypedConstant? NamedArgument(AttributeData? attribute, string name)
    {
        foreach (var argument in attribute?.NamedArguments ?? [])
        {
            if (argument.Key == name)
                return argument.Value;
        }
        return null;
    }

    private Contract? Read()
    {
        if (AttributeOf(_contract, ContractAttribute) is not { } attribute || _contract.TypeKind != TypeKind.Interface)
            return null;
        CheckDeclaration();
        CheckMembers();
        CheckBases();
        CheckContext();
        var methods = MethodsOf(_contract).Select(m => (Symbol: m, Method: _methods.Read(m))).ToList();
        CheckNames(methods.Select(m => (m.Symbol, m.Method?.WireName)));
        // A base contract with an error has no generated code. Its error is reported there, and code here that does not compile must not hide it.
        if (BasesOf(_contract).Any(b => b.Locations.Any(l => l.IsInSource) && Read(b, _compilation, _cancellationToken).Contract is null))
            return null;
        if (methods.Any(m => m.Method is null) || _faults.Any(f => f.Severity == DiagnosticSeverity.Error))
            return null;
        var containers = ContainersOf(_contract).Select(t => $"partial {KindOf(t)} {TypeText.Escape(t.Name)}");
        var name = _contract.ToDisplayString(SymbolDisplayFormat.CSharpErrorMessageFormat).Replace("@", "");
        return new Contract(
            $"{name}.{Hash(name)}.g.cs",
            _contract.ContainingNamespace.IsGlobalNamespace
                ? "" : string.Join(".", _contract.ContainingNamespace.ToDisplayParts().Where(p => p.Symbol is INamespaceSymbol).Select(p => TypeText.Escape(p.Symbol!.Name))),
            new(containers.Reverse()),
            TypeText.Escape(_contract.Name),
            Unused("JsonRpcServerCode"),
            Unused("JsonRpcProxy"),
            ContextOf(_contract) is { } context ? $"{TypeText.Of(context)}.Default" : null,
            NamedArgument(attribute, "ByPosition")?.Value is true,
            new(BasesOf(_contract).Select(b => new BaseContract(TypeText.Of(b), new(MethodsOf(b).Select(MethodReader.HeadOf))))),
            new(methods.Select(m => m.Method!)));
    }

    /// <summary>Finds a name for a generated type that no member of the user's interface has, including nested types.</summary>
    private string Unused(string name)
    {
        while (name == _contract.Name || !_contract.GetMembers(name).IsEmpty)
            name += "_";
        return name;
    }

    private void CheckDeclaration()
    {
        foreach (var type in ContainersOf(_contract).Prepend(_contract))
        {
            var declarations = type.DeclaringSyntaxReferences.Select(r => r.GetSyntax(_cancellationToken)).OfType<BaseTypeDeclarationSyntax>().ToList();
            if (declarations.FirstOrDefault(d => !d.Modifiers.Any(m => m.ValueText == "partial")) is { } whole)
                Report(Rules.NotPartial, whole.Identifier.GetLocation(),
                    $"{(type.TypeKind == TypeKind.Interface ? "The interface" : "The type")} {TypeText.Shown(type)}", KindOf(type));
            if (type.Arity > 0)
                Report(Rules.Generic, declarations.FirstOrDefault()?.Identifier.GetLocation(), TypeText.Shown(_contract));
            if (type.IsFileLocal)
                Report(Rules.FileLocal, declarations.FirstOrDefault()?.Identifier.GetLocation(), TypeText.Shown(_contract));
        }
    }

    private void CheckMembers()
    {
        foreach (var member in _contract.GetMembers())
        {
            // Accessors are covered by their property.
            var isOther = member is IPropertySymbol or IEventSymbol
                || member is IMethodSymbol { MethodKind: MethodKind.Ordinary or MethodKind.UserDefinedOperator or MethodKind.Conversion, IsStatic: true };
            if (isOther && member.IsAbstract)
                Report(Rules.NotMethod, member.Locations.FirstOrDefault(), member.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat));
        }
    }

    private void CheckBases()
    {
        foreach (var type in BasesOf(_contract))
        {
            var fault = !IsContract(type) && (type.IsGenericType || !type.Locations.Any(l => l.IsInSource))
                ? "which is not a contract. Leave it out, and declare what is needed of it in the contract itself."
                : !IsContract(type) ? "which is not a contract. Mark it with [JsonRpcContract], or leave it out."
                : !SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, _contract.ContainingAssembly) && !type.AllInterfaces.Any(IsGeneratedBase)
                    ? "whose project was compiled without the generator."
                : null;
            if (fault is not null)
                Report(Rules.NoContractBase, LocationOf(_contract), TypeText.Shown(_contract), TypeText.Shown(type), fault);
        }
    }

    private void CheckContext()
    {
        if (NamedArgument(AttributeOf(_contract, ContractAttribute), "SerializerContext")?.Value is not ITypeSymbol context)
            return;
        for (var t = context.IsAbstract ? null : context.BaseType; t is not null; t = t.BaseType)
        {
            if (t.ToDisplayString() == "System.Text.Json.Serialization.JsonSerializerContext")
                return;
        }
        Report(Rules.BadContext, LocationOf(_contract), TypeText.Shown(context), TypeText.Shown(_contract));
    }

    private void CheckNames(IEnumerable<(IMethodSymbol Symbol, string? WireName)> methods)
    {
        var inherited = BasesOf(_contract).Where(IsContract).SelectMany(MethodsOf).Select(m => (Symbol: m, WireName: (string?)MethodReader.WireNameOf(m)));
        foreach (var same in methods.Concat(inherited).Where(m => m.WireName is not null).GroupBy(m => m.WireName!).Where(g => g.Skip(1).Any()))
        {
            var last = same.LastOrDefault(m => SymbolEqualityComparer.Default.Equals(m.Symbol.ContainingType, _contract)).Symbol;
            Report(Rules.SharedName, LocationOf(last ?? (ISymbol)_contract), $"The methods {string.Join(" and ", same.Select(m => TypeText.ShownMethod(m.Symbol)))}", same.Key);
        }
    }

    private void Report(DiagnosticDescriptor rule, Location? location, params object[] arguments) =>
        _faults.Add(Diagnostic.Create(rule, location ?? LocationOf(_contract), arguments));

    private static Location? LocationOf(ISymbol symbol) => symbol.Locations.FirstOrDefault(l => l.IsInSource);

    private static IEnumerable<INamedTypeSymbol> ContainersOf(INamedTypeSymbol type)
    {
        for (var container = type.ContainingType; container is not null; container = container.ContainingType)
            yield return container;
    }

    private static string KindOf(INamedTypeSymbol type) => type switch
    {
        { TypeKind: TypeKind.Interface } => "interface",
        { TypeKind: TypeKind.Struct, IsRecord: true } => "record struct",
        { TypeKind: TypeKind.Struct } => "struct",
        { IsRecord: true } => "record",
        _ => "class",
    };

    /// <summary>Distinguishes names that differ only in case, which file names may not: FNV-1a.</summary>
    private static string Hash(string text) =>
        text.Aggregate(2166136261u, (hash, c) => unchecked((hash ^ c) * 16777619)).ToString("x8", System.Globalization.CultureInfo.InvariantCulture);
}
