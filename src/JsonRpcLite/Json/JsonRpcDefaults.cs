using System.Text.Json;

namespace JsonRpcLite;

/// <summary>The library's defaults, to start from.</summary>
public static class JsonRpcDefaults
{
    /// <summary>Makes serializer options with the values that count where <c>SerializerOptions</c> is not set.</summary>
    /// <remarks>
    /// <para>camelCase names, case-sensitive; enums as text; nullable annotations and required constructor parameters respected; text as UTF-8 without escapes. Options of your own
    /// replace all of that: <c>new JsonSerializerOptions { ... }</c> has PascalCase names, takes <c>null</c> for a <c>string</c>, and fills missing members with defaults. Begin
    /// with these instead, and change what you mean to change.</para>
    /// <para>In a trimmed or AOT program set <see cref="JsonSerializerOptions.TypeInfoResolver"/> to a JsonSerializerContext; for enums as text under AOT say
    /// <c>UseStringEnumConverter</c> in its JsonSourceGenerationOptions.</para>
    /// </remarks>
    /// <returns>New options, which may be changed.</returns>
    /// <example>
    /// <code>
    /// var options = JsonRpcDefaults.CreateSerializerOptions();
    /// options.Converters.Add(new MoneyConverter());
    /// using var server = JsonRpc.MakeServer(12345, methods, new() { SerializerOptions = options });
    /// </code>
    /// </example>
    public static JsonSerializerOptions CreateSerializerOptions() => JsonRpcSerializer.MakeDefaultOptions();
}
