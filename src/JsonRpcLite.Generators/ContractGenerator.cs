using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace JsonRpcLite.Generators;

/// <summary>
/// Writes the code of each contract: what registers its methods with a server, and the proxy for a client. What is wrong with a contract is said by <see
/// cref="ContractAnalyzer"/>.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class ContractGenerator : IIncrementalGenerator
{
    /// <summary>The step whose output is compared: unchanged, nothing is written anew.</summary>
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
