using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>Rejects types that cannot be sent as JSON although System.Text.Json has a contract for them.</summary>
/// <remarks>
/// System.Text.Json would write <c>{}</c>, or properties that do not represent the value, or fail at the first call. Each type is rejected when its contract is created, with a
/// reason and a fix.
/// </remarks>
internal static class TypeRules
{
    /// <exception cref="NotSupportedException">The type cannot be sent as JSON.</exception>
    public static void Refuse(JsonTypeInfo info)
    {
        if (FaultOf(info) is { } fault)
            throw new NotSupportedException($"The type {info.Type} cannot be sent as JSON: {fault}");
    }

    /// <summary>Whether a type is pending work: a task, or another awaitable type, or F#'s Async, which has no GetAwaiter.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "A method that trimming has removed is not awaited anywhere; the type is then treated as any other.")]
    public static bool IsAwaitable(Type type) =>
        typeof(Task).IsAssignableFrom(type) || IsFSharp(type, "FSharpAsync`1")
        || type.GetMethod("GetAwaiter", BindingFlags.Public | BindingFlags.Instance, Type.EmptyTypes) is not null;

    /// <summary>Whether a type is an F# option, which may be omitted.</summary>
    public static bool IsFSharpOption(Type type) => IsFSharp(type, "FSharpOption`1") || IsFSharp(type, "FSharpValueOption`1");

    public static bool IsFSharp(Type type, string name)
    {
        for (var t = type; t is not null; t = t.BaseType)
        {
            if (t.Name == name && t.Namespace?.StartsWith("Microsoft.FSharp.", StringComparison.Ordinal) == true)
                return true;
        }
        return false;
    }

    /// <summary>Whether a value could never be read: the type has properties, and reading can set none of them.</summary>
    public static bool IsNeverFilled(JsonTypeInfo info) =>
        IsPlainObject(info) && info.PolymorphismOptions is null && info.Properties.Count > 0 && !info.Properties.Any(IsFilled);

    /// <summary>Returns a sentence that names the properties with the same JSON name; empty where they are not found.</summary>
    /// <remarks>It searches the type and the types of its properties.</remarks>
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "Only for the text of a message; a property that trimming has removed collides with nothing.")]
    public static string NameCollision(Type type, JsonSerializerOptions options, HashSet<Type>? seen = null)
    {
        if (!(seen ??= []).Add(type))
            return "";
        foreach (var part in type.GetGenericArguments().Append(type.GetElementType()).OfType<Type>())
        {
            if (NameCollision(part, options, seen) is { Length: > 0 } inside)
                return inside;
        }
        if (IsOfSystem(type))
            return "";
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.GetIndexParameters().Length == 0 && !p.IsDefined(typeof(JsonIgnoreAttribute))).ToList();
        var comparer = options.PropertyNameCaseInsensitive ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;
        var same = properties.GroupBy(p => p.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? options.PropertyNamingPolicy?.ConvertName(p.Name) ?? p.Name, comparer)
            .FirstOrDefault(g => g.Skip(1).Any());
        if (same is not null)
            return $" {string.Join(" and ", same.Select(p => $"'{p.Name}'"))} of {type} are both '{same.Key}'.";
        return properties.Select(p => NameCollision(p.PropertyType, options, seen)).FirstOrDefault(found => found.Length > 0) ?? "";
    }

    private static string? FaultOf(JsonTypeInfo info)
    {
        var type = info.Type;
        if (!IsOwnConverter(info))
            return null;
        if (IsAwaitable(type))
            return "it is pending work, not a result. Return it as a Task (F#: Async.StartAsTask, or task { }), and as the function's whole return value.";
        if (info.Kind == JsonTypeInfoKind.None)
            return info.Converter.GetType().Name.StartsWith("UnsupportedTypeConverter", StringComparison.Ordinal) ? FaultOfUnsupported(type) : null;
        if (info.Kind == JsonTypeInfoKind.Dictionary && info.KeyType is { } key && !key.IsEnum && IsNoKey(info.Options.GetTypeInfo(key)))
            return $"its keys are of the type {key}, and the names of JSON members are text. Use string, a number, an enum or Guid as the key type, or a list of pairs.";
        return IsPlainObject(info) ? FaultOfObject(info) : null;
    }

    private static string FaultOfUnsupported(Type type) =>
        type.IsArray ? "it has several dimensions. Use an array of arrays, such as int[][]."
        : typeof(Delegate).IsAssignableFrom(type) ? "it is a function. Use a data type."
        : IsUnion(type) ? "System.Text.Json does not support F# unions. Use a record or an enum, or add a converter to the SerializerOptions (FSharp.SystemTextJson has them)."
        : "System.Text.Json does not support it. Use a data type, or add a converter to the SerializerOptions.";

    private static string? FaultOfObject(JsonTypeInfo info)
    {
        var type = info.Type;
        const string cure = " Use your own record, add a converter to the SerializerOptions, or exclude a member of this type with [JsonIgnore].";
        if (typeof(ITuple).IsAssignableFrom(type) && type.IsValueType)
            return info.Options.IncludeFields
                ? null : $"System.Text.Json writes a tuple as {{}}. Use a record, or set {nameof(JsonSerializerOptions.IncludeFields)} in the SerializerOptions.";
        var isOfSystem = IsOfSystem(type);
        // The implementing types of an interface are unknown here; reading one is rejected where it is requested.
        if (type.IsInterface)
            return null;
        if (isOfSystem && typeof(IDisposable).IsAssignableFrom(type))
            return "it is a resource of this process, which cannot be read from JSON or written to it. Use bytes (byte[]) or text.";
        if (typeof(Delegate).IsAssignableFrom(type))
            return "it is not a data type." + cure;
        var isNothingWritten = !info.Properties.Any(p => p.Get is not null);
        if (!info.Options.IncludeFields && (isNothingWritten || isOfSystem) && HasLostField(info))
            return $"its fields are not written. Use properties, mark the fields with [JsonInclude], or set {nameof(JsonSerializerOptions.IncludeFields)} in the SerializerOptions.";
        if (isOfSystem && type != typeof(object) && type.Namespace != "System.Drawing" && (isNothingWritten || !info.Properties.Where(p => p.Get is not null).All(IsFilled)))
            return "System.Text.Json writes properties of it that cannot be read back, and its value would be lost." + cure;
        return type.Namespace == "System.Drawing" && !info.Properties.Any(IsFilled) ? "System.Text.Json writes properties of it that cannot be read back." + cure : null;
    }

    private static bool IsFilled(JsonPropertyInfo property) => property.Set is not null || property.AssociatedParameter is not null || property.IsExtensionData;

    private static bool IsPlainObject(JsonTypeInfo info) => info.Kind == JsonTypeInfoKind.Object && IsOwnConverter(info);

    private static bool IsOwnConverter(JsonTypeInfo info) => info.Converter.GetType().Assembly == typeof(JsonSerializer).Assembly;

    private static bool IsNoKey(JsonTypeInfo key) => key.Kind != JsonTypeInfoKind.None || key.Type == typeof(byte[]);

    private static bool IsOfSystem(Type type) =>
        type.Assembly == typeof(object).Assembly || type.Assembly.GetName().Name?.StartsWith("System.", StringComparison.Ordinal) == true;

    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "A field that trimming has removed has no value.")]
    private static bool HasLostField(JsonTypeInfo info) => info.Type.GetFields(BindingFlags.Public | BindingFlags.Instance)
        .Any(field => !info.Properties.Any(p => p.Get is not null && Equals(p.AttributeProvider, field)));

    private static bool IsUnion(Type type)
    {
        for (var t = type; t is not null; t = t.BaseType)
        {
            if (t.GetCustomAttributesData().Any(
                a => a.AttributeType.FullName == "Microsoft.FSharp.Core.CompilationMappingAttribute" && a.ConstructorArguments is [{ Value: 1 }, ..]))
                return true;
        }
        return false;
    }
}
