using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace JsonRpcLite.Generators;

/// <summary>Reports errors in contracts that prevent code generation or would fail in a trimmed program.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ContractAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
    [
        Rules.NotPartial, Rules.Generic, Rules.NotMethod, Rules.GenericMethod, Rules.SharedName, Rules.BadParameter, Rules.BadResult, Rules.Tuple, Rules.ManyTokens,
        Rules.NotificationResult,
        Rules.NoContractBase, Rules.BadName, Rules.FileLocal, Rules.BadProgress, Rules.BadContext, Rules.VoidWaits, Rules.NotInContext, Rules.NoContext,
    ];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterSymbolAction(Analyze, SymbolKind.NamedType);
    }

    private static void Analyze(SymbolAnalysisContext context)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (type.TypeKind != TypeKind.Interface || !ContractReader.IsContract(type))
            return;
        var (_, faults) = ContractReader.Read(type, context.Compilation, context.CancellationToken);
        foreach (var fault in faults)
            context.ReportDiagnostic(fault);
        if (faults.All(f => f.Id != Rules.BadContext.Id))
            CheckContext(context, type);
    }

    private static void CheckContext(SymbolAnalysisContext context, INamedTypeSymbol contract)
    {
        if (ContractReader.ContextOf(contract) is { } named)
        {
            var known = new ContextTypes(named);
            foreach (var (type, location) in TypesOf(contract).Where(t => !known.Contains(t.Type)))
                context.ReportDiagnostic(
                    Diagnostic.Create(Rules.NotInContext, location, TypeText.Shown(type.WithNullableAnnotation(NullableAnnotation.NotAnnotated)), TypeText.Shown(named)));
            return;
        }
        // By the latter two, a library declares that it is for such programs.
        if (!IsOn("PublishTrimmed") && !IsOn("PublishAot") && !IsOn("IsTrimmable") && !IsOn("IsAotCompatible") || IsOn("JsonSerializerIsReflectionEnabledByDefault"))
            return;
        var unknown = TypesOf(contract).Select(t => t.Type).Where(t => !KnownTypes.Contains(t))
            .Select(t => TypeText.Shown(t.WithNullableAnnotation(NullableAnnotation.NotAnnotated))).Distinct().ToList();
        if (unknown.Count > 0)
            context.ReportDiagnostic(Diagnostic.Create(Rules.NoContext, contract.Locations[0], TypeText.Shown(contract), string.Join(", ", unknown)));

        bool IsOn(string property) =>
            context.Options.AnalyzerConfigOptionsProvider.GlobalOptions.TryGetValue($"build_property.{property}", out var value)
            && value.Equals("true", StringComparison.OrdinalIgnoreCase);
    }

    private static IEnumerable<(ITypeSymbol Type, Location Location)> TypesOf(INamedTypeSymbol contract)
    {
        foreach (var method in ContractReader.MethodsOf(contract))
        {
            if (MethodReader.Travelling(method.ReturnType) is { TypeKind: not TypeKind.Error } result)
                yield return (result, method.Locations[0]);
            foreach (var parameter in method.Parameters)
            {
                if (MethodReader.Travelling(parameter.Type) is { TypeKind: not TypeKind.Error } type)
                    yield return (type, parameter.Locations[0]);
            }
        }
    }
}
