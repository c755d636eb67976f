using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace JsonRpcLite.Generators;

/// <summary>Types as generated code names them: from the root, with question marks, and with keywords escaped.</summary>
internal static class TypeText
{
    private static readonly SymbolDisplayFormat Full = SymbolDisplayFormat.FullyQualifiedFormat.AddMiscellaneousOptions(
        SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    public static string Of(ITypeSymbol type) => type.ToDisplayString(Full);

    /// <summary>Without what only the compiler sees, the question marks of references and <c>dynamic</c>, so that one type has one name.</summary>
    public static string Plain(ITypeSymbol type) =>
        string.Concat(type.ToDisplayParts(SymbolDisplayFormat.FullyQualifiedFormat)
            .Select(p => p.Kind == SymbolDisplayPartKind.Keyword && p.ToString() == "dynamic" ? "object" : p.ToString()));

    /// <summary>For <c>typeof</c>, which takes no question mark of a reference type.</summary>
    public static string OfTypeof(ITypeSymbol type)
    {
        var plain = type.WithNullableAnnotation(NullableAnnotation.NotAnnotated);
        return plain is INamedTypeSymbol { IsUnboundGenericType: true } ? plain.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat) : Of(plain);
    }

    /// <summary>As a message shows it.</summary>
    public static string Shown(ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat);

    /// <summary>A method with its type, as a message shows it.</summary>
    public static string ShownMethod(IMethodSymbol method) => $"'{method.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat)}'";

    public static string Escape(string name) =>
        SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None || SyntaxFacts.GetContextualKeywordKind(name) != SyntaxKind.None ? "@" + name : name;
}
