using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace JsonRpcLite.Generators;

/// <summary>Writes types as generated code names them: fully qualified, with nullable annotations, and with keywords escaped.</summary>
internal static class TypeText
{
    private static readonly SymbolDisplayFormat Full = SymbolDisplayFormat.FullyQualifiedFormat.AddMiscellaneousOptions(
        SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    public static string Of(ITypeSymbol type) => type.ToDisplayString(Full);

    /// <summary>Writes a type without what only the compiler sees, so that one type has one name.</summary>
    /// <remarks>These are nullable annotations of references, and <c>dynamic</c>.</remarks>
    public static string Plain(ITypeSymbol type) =>
        string.Concat(type.ToDisplayParts(SymbolDisplayFormat.FullyQualifiedFormat)
            .Select(p => p.Kind == SymbolDisplayPartKind.Keyword && p.ToString() == "dynamic" ? "object" : p.ToString()));

    /// <summary>Writes a type for <c>typeof</c>, which does not accept a nullable reference type.</summary>
    public static string OfTypeof(ITypeSymbol type)
    {
        var plain = type.WithNullableAnnotation(NullableAnnotation.NotAnnotated);
        return plain is INamedTypeSymbol { IsUnboundGenericType: true } ? plain.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat) : Of(plain);
    }

    /// <summary>Writes a type for messages.</summary>
    public static string Shown(ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat);

    /// <summary>Writes a method with its type for messages.</summary>
    public static string ShownMethod(IMethodSymbol method) => $"'{method.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat)}'";

    public static string Escape(string name) =>
        SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None || SyntaxFacts.GetContextualKeywordKind(name) != SyntaxKind.None ? "@" + name : name;
}
