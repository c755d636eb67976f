using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace JsonRpcLite.Generators;

/// <summary>Generates the code of each contract: the registration of its methods with a server, and the proxy for a client.</summary>
/// <remarks><see cref="ContractAnalyzer"/> reports errors in contracts.</remarks>
[Generator(LanguageNames.CSharp)]
public sealed class ContractGenerator : IIncrementalGenerator
{
    /// <summary>The step whose output is compared.</summary>
    /// <remarks>If it has not changed, no code is generated anew.</remarks>
    internal const string ContractStep = "Contract";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var contracts = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                ContractReader.ContractAttribute,
                static (node, _) => node is InterfaceDeclarationSyntax,
                static (found, token) => ContractReader.Read((INamedTypeSymbol)found.TargetSymbol, found.SemanticModel.Compilation, token).Contract)
            .Where(static contract => contract is not null)
            .WithTrackingName(ContractStep);
        context.RegisterSourceOutput(contracts, static (output, contract) => output.AddSource(contract!.HintName, ContractWriter.Write(contract)));
    }
}
