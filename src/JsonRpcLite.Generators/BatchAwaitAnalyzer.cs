using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace JsonRpcLite.Generators;

/// <summary>Finds calls of a batch that are awaited where they are made, before the batch can have been sent.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class BatchAwaitAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [Rules.AwaitedTooEarly];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterOperationAction(Analyze, OperationKind.Await);
    }

    private static void Analyze(OperationAnalysisContext context)
    {
        var awaited = ((IAwaitOperation)context.Operation).Operation;
        if (awaited is IInvocationOperation { TargetMethod.Name: "ConfigureAwait", Instance: { } task })
            awaited = task;
        if (awaited is not IInvocationOperation { Instance: { } target } call)
            return;
        if (IsBatch(target.Type) ? call.TargetMethod.Name == "CallAsync" : call.TargetMethod.IsAbstract && !MethodReader.IsNotification(call.TargetMethod)
            && IsProxyOfBatch(target, context))
            context.ReportDiagnostic(Diagnostic.Create(Rules.AwaitedTooEarly, context.Operation.Syntax.GetLocation()));
    }

    private static bool IsBatch(ITypeSymbol? type) => type?.ToDisplayString() == "JsonRpcLite.JsonRpcBatch";

    /// <summary>Whether the operation is <c>batch.As</c>, or a local variable that was declared as that and is never reassigned.</summary>
    private static bool IsProxyOfBatch(IOperation target, OperationAnalysisContext context)
    {
        while (target is IConversionOperation conversion)
            target = conversion.Operand;
        if (target is IInvocationOperation { TargetMethod.Name: "As", Instance.Type: { } type })
            return IsBatch(type);
        if (target is not ILocalReferenceOperation { SemanticModel: { } model } reference)
            return false;
        var declaration = reference.Local.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(context.CancellationToken) as VariableDeclaratorSyntax;
        if (declaration is null || IsAssignedAgain(declaration, model, context.CancellationToken))
            return false;
        return declaration.Initializer is { } initializer
            && model.GetOperation(initializer.Value, context.CancellationToken) is IInvocationOperation { TargetMethod.Name: "As", Instance.Type: { } made } && IsBatch(made);
    }

    private static bool IsAssignedAgain(VariableDeclaratorSyntax declaration, SemanticModel model, CancellationToken cancellationToken)
    {
        SyntaxNode scope = declaration.FirstAncestorOrSelf<BlockSyntax>() ?? declaration.SyntaxTree.GetRoot(cancellationToken);
        var local = model.GetDeclaredSymbol(declaration, cancellationToken);
        return scope.DescendantNodes().OfType<AssignmentExpressionSyntax>()
            .Any(a => SymbolEqualityComparer.Default.Equals(model.GetSymbolInfo(a.Left, cancellationToken).Symbol, local));
    }
}
