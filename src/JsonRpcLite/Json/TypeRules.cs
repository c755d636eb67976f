using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>
/// Which types cannot travel, though System.Text.Json has a contract for them: it would write <c>{}</c>, or properties that say nothing of the value, or fail at the first call.
/// Each is refused where the contract is made, with a reason and a cure.
/// </summary>
internal static class TypeRules
{
    /// <exception cref="NotSupportedException">The type cannot travel.</exception>
    public static void Refuse(JsonTypeInfo info)
    {
        if (FaultOf(info) is { } fault)
            throw new NotSupportedException($"The type {info.Type} cannot travel as JSON: {fault}");
    }

    /// <summary>Whether it is work that is still to be done: a task, or anything else that is awaited. F#'s Async has no GetAwaiter.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "A method that trimming has removed is not awaited anywhere; then the type is judged as any other.")]
    public static bool IsAwaitable(Type type) =>
        typeof(Task).IsAssignableFrom(type) || IsFSharp(type, "FSharpAsync`1")
        || type.GetMethod("GetAwaiter", BindingFlags.Public | BindingFlags.Instance, Type.EmptyTypes) is not null;

    /// <summary>An option of F#, which may be left out.</summary>
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

    /// <summary>Whether nothing of a value could be read: it has properties, and none that reading fills.</summary>
    public static bool IsNeverFilled(JsonTypeInfo info) =>
        IsPlainObject(info) && info.PolymorphismOptions is null && info.Properties.Count > 0 && !info.Properties.Any(IsFilled);

    /// <summary>Which properties of a type, or of a type of its properties, have one name in JSON, as a sentence; empty where they are not found.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "Only for the words of a message; a property that trimming has removed collides with nothing.")]
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
            return "it is work that is still to be done, not its result. Return it as a Task (F#: Async.StartAsTask, or task { }), and let the function return it alone.";
        if (info.Kind == JsonTypeInfoKind.None)
            return info.Converter.GetType().Name.StartsWith("UnsupportedTypeConverter", StringComparison.Ordinal) ? FaultOfUnsupported(type) : null;
        if (info.Kind == JsonTypeInfoKind.Dictionary && info.KeyType is { } key && !key.IsEnum && IsNoKey(info.Options.GetTypeInfo(key)))
            return $"its keys are {key}, and a member's name is text. Use string, a number, an enum or Guid as key, or a list of pairs.";
        return IsPlainObject(info) ? FaultOfObject(info) : null;
    }

    private static string FaultOfUnsupported(Type type) =>
        type.IsArray ? "it has several dimensions. Use an array of arrays, such as int[][]."
        : typeof(Delegate).IsAssignableFrom(type) ? "it is a function. Use a type of data."
        : IsUnion(type) ? "System.Text.Json does not support unions of F#. Use a record or an enum, or add a converter to the SerializerOptions (FSharp.SystemTextJson has them)."
        : "System.Text.Json does not support it. Use a type of data, or add a converter to the SerializerOptions.";

    private static string? FaultOfObject(JsonTypeInfo info)
    {
        var type = info.Type;
        const string cure = " Use a record of your own, add a converter to the SerializerOptions, or leave a member of this type out with [JsonIgnore].";
        if (typeof(ITuple).IsAssignableFrom(type) && type.IsValueType)
            return info.Options.IncludeFields
                ? null : $"System.Text.Json writes a tuple as {{}}. Use a record, or set {nameof(JsonSerializerOptions.IncludeFields)} in the SerializerOptions.";
        var isOfSystem = IsOfSystem(type);
        // An interface stands for types that are not known here; that it cannot be read is said where it is asked for.
        if (type.IsInterface)
            return null;
        if (isOfSystem && typeof(IDisposable).IsAssignableFrom(type))
            return "it is a resource of this process, which cannot be read from JSON or written to it. Use bytes (byte[]) or text.";
        if (typeof(Delegate).IsAssignableFrom(type))
            return "it is no data." + cure;
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

    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "A field that trimming has removed holds nothing.")]
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
