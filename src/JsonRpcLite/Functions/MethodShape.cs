using System.ComponentModel;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>The parameters and result of a method, as far as types and source define them.</summary>
/// <remarks>Created on demand, since most servers are never asked.</remarks>
internal sealed class MethodShape
{
    /// <summary>The parameters; <c>null</c> where the method takes them as one value.</summary>
    public IReadOnlyList<ParameterShape>? Parameters { get; init; }

    /// <summary>The type of all parameters as one value; <c>null</c> where they are separate, or unknown.</summary>
    public JsonTypeInfo? Input { get; init; }

    /// <summary>The parameter of the user's method that takes all parameters as one value, for its attributes.</summary>
    /// <remarks><c>null</c> where there is none.</remarks>
    public ParameterInfo? InputSource { get; init; }

    /// <summary>Whether a method that takes its parameters as one value can be called without parameters.</summary>
    public bool TakesNull { get; init; }

    /// <summary>The type of the result; <c>null</c> where there is none, or it is unknown.</summary>
    public JsonTypeInfo? Output { get; init; }

    public bool ReturnsNothing { get; init; }

    public bool ReturnsNull { get; init; }

    /// <summary>Whether it returns a sequence; if so, <see cref="Output"/> is the type of an item.</summary>
    public bool ReturnsSequence { get; init; }

    /// <summary>The type of its reports of progress; <c>null</c> where it reports none.</summary>
    public JsonTypeInfo? Progress { get; init; }

    /// <summary>The documentation from the source, where it is known without reflection.</summary>
    /// <remarks><see cref="JsonRpcMethods.Describe"/> takes precedence over it.</remarks>
    public JsonRpcMethodDescription? Description { get; init; }

    /// <summary>The user's method, for its attributes.</summary>
    /// <remarks><c>null</c> where the method reads and writes raw JSON, or where a generator has read the attributes.</remarks>
    public MethodInfo? Source { get; init; }

    public static MethodShape Unknown(MethodInfo source) => new() { Source = source, TakesNull = true, ReturnsNull = true };

    public static string? DescriptionOf(ICustomAttributeProvider? source) =>
        source?.GetCustomAttributes(typeof(DescriptionAttribute), inherit: true) is [DescriptionAttribute { Description.Length: > 0 } attribute, ..] ? attribute.Description : null;

    /// <summary>Whether a function's return type has no value, synchronously or as a task.</summary>
    public static bool IsNothing(Type type) => type == typeof(void) || type == typeof(Task) || type == typeof(ValueTask);
}

/// <summary>One parameter of a method that takes separate parameters.</summary>
internal sealed record ParameterShape(string Name, JsonTypeInfo Type, bool TakesNull, bool IsRequired, JsonNode? Default, ParameterInfo? Source)
{
    /// <summary>The attributes, where a generator has read them.</summary>
    public IReadOnlyList<object> Attributes { get; init; } = [];
}
