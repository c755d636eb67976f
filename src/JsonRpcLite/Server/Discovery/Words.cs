using System.Reflection;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>What the source says to people of a function and its parts: by a <c>[Description]</c>, or else by its XML comments.</summary>
internal static class Words
{
    public static string? Of(MethodInfo? method) => MethodShape.DescriptionOf(method) ?? (method is null ? null : XmlComments.SummaryOf(method));

    public static string? OfResult(MethodInfo? method) => MethodShape.DescriptionOf(method?.ReturnParameter) ?? (method is null ? null : XmlComments.ResultOf(method));

    public static string? Of(ParameterInfo? parameter) => MethodShape.DescriptionOf(parameter) ?? XmlComments.ParameterOf(parameter?.Member, parameter?.Name);

    public static JsonNode Add(JsonNode schema, string? description) => description is null ? schema : SchemaNode.With(schema, "description", description);
}
