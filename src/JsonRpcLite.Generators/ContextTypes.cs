using Microsoft.CodeAnalysis;

namespace JsonRpcLite.Generators;

/// <summary>The types that a serializer context will contain.</summary>
/// <remarks>
/// Another generator writes the context's code, which is not visible here. But its input is: the attributes on the context, and the members of the types in them.
/// </remarks>
internal sealed class ContextTypes
{
    private readonly HashSet<ITypeSymbol> _types = new(SymbolEqualityComparer.Default);

    public ContextTypes(INamedTypeSymbol context)
    {
        foreach (var attribute in context.GetAttributes())
        {
            if (attribute.AttributeClass?.ToDisplayString() == "System.Text.Json.Serialization.JsonSerializableAttribute"
                && attribute.ConstructorArguments.FirstOrDefault().Value is ITypeSymbol type)
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
            if (attribute.AttributeClass?.ToDisplayString() == "System.Text.Json.Serialization.JsonDerivedTypeAttribute"
                && attribute.ConstructorArguments.FirstOrDefault().Value is ITypeSymbol derived)
                Add(derived);
        }
        foreach (var items in named.AllInterfaces.Where(i => i is { Name: "IEnumerable", Arity: 1 }))
            Add(items.TypeArguments[0]);
        // Of the framework's own types, only collections contain other types, which are their type arguments. A type with its own converter does not need the types of its
        // members.
        if (named.ContainingAssembly?.Name is "System" or "netstandard" or "mscorlib" || named.ContainingAssembly?.Name.StartsWith("System.", StringComparison.Ordinal) == true
            || Has(named, "JsonConverterAttribute"))
            return;
        var interfaces = named.TypeKind == TypeKind.Interface ? named.AllInterfaces : [];
        for (var t = named; t is not null && t.SpecialType != SpecialType.System_Object; t = t.BaseType)
            AddMembers(t);
        foreach (var t in interfaces)
            AddMembers(t);
    }

    private void AddMembers(INamedTypeSymbol type)
    {
        foreach (var member in type.GetMembers().Where(m => !m.IsStatic && !Has(m, "JsonIgnoreAttribute")))
        {
            if (member is IPropertySymbol { IsIndexer: false } property && (property.DeclaredAccessibility == Accessibility.Public || Has(property, "JsonIncludeAttribute")))
                Add(property.Type);
            else if (member is IFieldSymbol { IsImplicitlyDeclared: false } field && Has(field, "JsonIncludeAttribute"))
                Add(field.Type);
        }
    }

    private static bool Has(ISymbol symbol, string attribute) =>
        symbol.GetAttributes().Any(a => a.AttributeClass?.ToDisplayString() == "System.Text.Json.Serialization." + attribute);
}
