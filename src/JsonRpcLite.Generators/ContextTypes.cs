using Microsoft.CodeAnalysis;

namespace JsonRpcLite.Generators;

/// <summary>
/// The types that a serializer context will know. Its code is made by another generator, whose output cannot be seen here, but what it is made from can: the attributes on the context, and the types
/// that those hold.
/// </summary>
internal sealed class ContextTypes
{
    private readonly HashSet<ITypeSymbol> _types = new(SymbolEqualityComparer.Default);

    public ContextTypes(INamedTypeSymbol context)
    {
        foreach (var attribute in context.GetAttributes())
        {
            if (attribute.AttributeClass?.ToDisplayString() == "System.Text.Json.Serialization.JsonSerializableAttribute" && attribute.ConstructorArguments.FirstOrDefault().Value is ITypeSymbol type)
                Add(type);
        }
    }

    public bool Contains(ITypeSymbol type) => KnownTypes.Contains(type) || _types.Contains(type);

    private void Add(ITypeSymbol type)
    {
        if (!_types.Add(type))
            return;
        if (type is IArrayTypeSymbol array)
        {
            Add(array.ElementType);
            return;
        }
        if (type is not INamedTypeSymbol named)
            return;
        foreach (var argument in named.TypeArguments)
            Add(argument);
        foreach (var attribute in named.GetAttributes())
        {
            if (attribute.AttributeClass?.ToDisplayString() == "System.Text.Json.Serialization.JsonDerivedTypeAttribute" && attribute.ConstructorArguments.FirstOrDefault().Value is ITypeSymbol derived)
                Add(derived);
        }
        // Of the framework's own types only collections are held by a value, and those are told by their arguments.
        if (named.ContainingNamespace?.ToDisplayString().StartsWith("System", StringComparison.Ordinal) == true)
            return;
        for (var t = named; t is not null && t.SpecialType != SpecialType.System_Object; t = t.BaseType)
        {
            foreach (var member in t.GetMembers())
            {
                if (member is IPropertySymbol { DeclaredAccessibility: Accessibility.Public, IsStatic: false, IsIndexer: false } property)
                    Add(property.Type);
            }
        }
    }
}
