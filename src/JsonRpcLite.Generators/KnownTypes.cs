using Microsoft.CodeAnalysis;

namespace JsonRpcLite.Generators;

/// <summary>The types that need no serializer context in a trimmed program: those of SimpleTypeResolver in the core.</summary>
internal static class KnownTypes
{
    public static readonly HashSet<string> Names =
    [
        "System.Boolean", "System.Byte", "System.SByte", "System.Int16", "System.UInt16", "System.Int32", "System.UInt32", "System.Int64", "System.UInt64",
        "System.Int128", "System.UInt128",
        "System.Half", "System.Single", "System.Double", "System.Decimal", "System.Char", "System.Guid", "System.DateTime", "System.DateTimeOffset", "System.DateOnly",
        "System.TimeOnly", "System.TimeSpan",
        "System.String", "System.Uri", "System.Numerics.BigInteger",
        "System.Text.Json.JsonElement", "System.Text.Json.Nodes.JsonNode", "System.Text.Json.Nodes.JsonObject", "System.Text.Json.Nodes.JsonArray",
        "System.Text.Json.Nodes.JsonValue",
    ];

    public static bool Contains(ITypeSymbol type)
    {
        if (type is IArrayTypeSymbol { Rank: 1, ElementType.SpecialType: SpecialType.System_Byte })
            return true;
        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
            return Contains(nullable.TypeArguments[0]);
        return type is INamedTypeSymbol { Arity: 0, ContainingType: null } && Names.Contains($"{type.ContainingNamespace.ToDisplayString()}.{type.MetadataName}");
    }
}
