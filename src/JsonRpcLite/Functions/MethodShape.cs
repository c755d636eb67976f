using System.ComponentModel;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>What a method takes and gives, as far as types and source tell. Made when somebody asks, since most servers are never asked.</summary>
internal sealed class MethodShape
{
    /// <summary>The parameters one by one; <c>null</c> where they are taken whole.</summary>
    public IReadOnlyList<ParameterShape>? Parameters { get; init; }

    /// <summary>What takes the parameters whole; <c>null</c> where they come one by one, or nothing is known of them.</summary>
    public JsonTypeInfo? Input { get; init; }

    /// <summary>The parameter of the user's own method that takes the parameters whole, for its attributes; <c>null</c> where there is none.</summary>
    public ParameterInfo? InputSource { get; init; }

    /// <summary>Whether a method that takes its parameters whole can do without.</summary>
    public bool TakesNull { get; init; }

    /// <summary>What it returns; <c>null</c> where that is nothing, or not known.</summary>
    public JsonTypeInfo? Output { get; init; }

    public bool ReturnsNothing { get; init; }

    public bool ReturnsNull { get; init; }

    /// <summary>Whether it returns a sequence: then <see cref="Output"/> is the type of an item.</summary>
    public bool ReturnsSequence { get; init; }

    /// <summary>What it reports as its progress; <c>null</c> where it reports none.</summary>
    public JsonTypeInfo? Progress { get; init; }

    /// <summary>What the source says of it, where that is known without reflection; it stands behind what the user says by <see cref="JsonRpcMethods.Describe"/>.</summary>
    public JsonRpcMethodDescription? Description { get; init; }

    /// <summary>The user's own method, for its attributes; <c>null</c> where it reads and writes raw JSON, or where a generator has read them.</summary>
    public MethodInfo? Source { get; init; }

    public static MethodShape Unknown(MethodInfo source) => new() { Source = source, TakesNull = true, ReturnsNull = true };

    public static string? DescriptionOf(ICustomAttributeProvider? source) =>
        source?.GetCustomAttributes(typeof(DescriptionAttribute), inherit: true) is [DescriptionAttribute { Description.Length: > 0 } attribute, ..] ? attribute.Description : null;

    /// <summary>Whether a function's return type says that there is no value, now or later.</summary>
    public static bool IsNothing(Type type) => type == typeof(void) || type == typeof(Task) || type == typeof(ValueTask);
}

/// <summary>One parameter of a method that takes them one by one.</summary>
internal sealed record ParameterShape(string Name, JsonTypeInfo Type, bool TakesNull, bool IsRequired, JsonNode? Default, ParameterInfo? Source)
{
    /// <summary>The attributes, where a generator has read them.</summary>
    public IReadOnlyList<object> Attributes { get; init; } = [];
}
