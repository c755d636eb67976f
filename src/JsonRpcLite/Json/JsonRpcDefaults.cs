using System.Text.Json;

namespace JsonRpcLite;

/// <summary>The library's default options, as a starting point.</summary>
public static class JsonRpcDefaults
{
    /// <summary>Creates serializer options with the values that apply where <c>SerializerOptions</c> is not set.</summary>
    /// <remarks>
    /// <para>Names are in camelCase and case-sensitive; enums are text; nullable annotations and required constructor parameters are respected; text is UTF-8 without escapes.
    /// Your own options replace all of these: <c>new JsonSerializerOptions { ... }</c> has PascalCase names, accepts <c>null</c> for a <c>string</c>, and sets missing members to
    /// defaults. Start with these options instead, and change only the settings that you need.</para>
    /// <para>In a trimmed or AOT program set <see cref="JsonSerializerOptions.TypeInfoResolver"/> to a JsonSerializerContext; for enums as text under AOT, set
    /// <c>UseStringEnumConverter</c> in its JsonSourceGenerationOptions.</para>
    /// </remarks>
    /// <returns>New options, which can be changed.</returns>
    /// <example>
    /// <code>
    /// var options = JsonRpcDefaults.CreateSerializerOptions();
    /// options.Converters.Add(new MoneyConverter());
    /// using var server = JsonRpc.MakeServer(12345, methods, new() { SerializerOptions = options });
    /// </code>
    /// </example>
    public static JsonSerializerOptions CreateSerializerOptions() => JsonRpcSerializer.MakeDefaultOptions();
}
