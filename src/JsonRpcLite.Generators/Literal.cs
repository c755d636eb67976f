using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace JsonRpcLite.Generators;

/// <summary>Writes constants as C# expressions.</summary>
internal static class Literal
{
    public static string Of(string text) => SymbolDisplay.FormatLiteral(text, quote: true);

    public static string Of(bool value) => value ? "true" : "false";

    /// <summary>Writes the default value of a parameter.</summary>
    public static string OfDefault(IParameterSymbol parameter)
    {
        var type = parameter.Type.WithNullableAnnotation(NullableAnnotation.NotAnnotated);
        if (type.TypeKind == TypeKind.Dynamic)
            return "null";
        return parameter.ExplicitDefaultValue is { } value ? Of(value, Underlying(type)) : $"default({TypeText.Of(parameter.Type)})";
    }

    /// <summary>Writes an expression that recreates an attribute; <c>null</c> if one of its arguments cannot be written.</summary>
    public static string? Of(AttributeData attribute)
    {
        if (attribute.AttributeClass is not { TypeKind: not TypeKind.Error, IsFileLocal: false } type)
            return null;
        var arguments = attribute.ConstructorArguments.Select(Of).ToList();
        var named = attribute.NamedArguments.Select(n => (n.Key, Value: Of(n.Value))).ToList();
        if (arguments.Contains(null) || named.Any(n => n.Value is null))
            return null;
        var members = named.Count == 0 ? "" : $" {{ {string.Join(", ", named.Select(n => $"{TypeText.Escape(n.Key)} = {n.Value}"))} }}";
        return $"new {TypeText.Of(type)}({string.Join(", ", arguments)}){members}";
    }

    private static string? Of(TypedConstant constant)
    {
        if (constant.Kind == TypedConstantKind.Error || constant.Type is null)
            return null;
        if (constant.IsNull)
            return $"default({TypeText.Of(constant.Type)})";
        if (constant.Kind == TypedConstantKind.Type)
            return constant.Value is ITypeSymbol { TypeKind: not TypeKind.Error } named ? $"typeof({TypeText.OfTypeof(named)})" : null;
        if (constant.Kind != TypedConstantKind.Array)
            return Of(constant.Value!, constant.Type);
        var items = constant.Values.Select(Of).ToList();
        return items.Contains(null) ? null : $"new {TypeText.Of(constant.Type)} {{ {string.Join(", ", items)} }}";
    }

    private static string Of(object value, ITypeSymbol type)
    {
        var text = value switch
        {
            string s => Of(s),
            bool b => Of(b),
            DateTime time => $"new global::System.DateTime({time.Ticks}L)",
            char c => SymbolDisplay.FormatLiteral(c, quote: true),
            double d when double.IsNaN(d) => "double.NaN",
            double d when double.IsInfinity(d) => d > 0 ? "double.PositiveInfinity" : "double.NegativeInfinity",
            double d => d.ToString("R", CultureInfo.InvariantCulture) + "D",
            float f when float.IsNaN(f) => "float.NaN",
            float f when float.IsInfinity(f) => f > 0 ? "float.PositiveInfinity" : "float.NegativeInfinity",
            float f => f.ToString("R", CultureInfo.InvariantCulture) + "F",
            decimal m => m.ToString(CultureInfo.InvariantCulture) + "M",
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString(),
        };
        // A negative number needs parentheses after a cast.
        return type.TypeKind == TypeKind.Enum || type.SpecialType is SpecialType.System_Byte or SpecialType.System_SByte
            or SpecialType.System_Int16 or SpecialType.System_UInt16 or SpecialType.System_UInt32 or SpecialType.System_Int64 or SpecialType.System_UInt64
            ? $"({TypeText.Of(type)})({text})" : text;
    }

    private static ITypeSymbol Underlying(ITypeSymbol type) =>
        type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable ? nullable.TypeArguments[0] : type;
}
