using System.Reflection;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>By what name and version a server goes: the options', or else those of the program.</summary>
/// <remarks>
/// OpenRPC requires a version, and a program always has one: where its project sets none, the .NET SDK writes 1.0.0, which says nothing of what the server offers. So that one is
/// <see cref="NoVersion"/> in the document, and the page shows none.
/// </remarks>
internal static class ServerTitle
{
    /// <summary>The version of a server that has none. The page compares with the same text.</summary>
    public const string NoVersion = "0.0.0";

    /// <summary>What the SDK makes of a project without a version.</summary>
    private const string SdkVersion = "1.0.0";

    public static JsonObject Of(JsonRpcDiscoveryOptions options) => Of(options, Assembly.GetEntryAssembly());

    /// <param name="options">Title and version, where they are set.</param>
    /// <param name="program">Whose name and version count otherwise.</param>
    internal static JsonObject Of(JsonRpcDiscoveryOptions options, Assembly? program) =>
        new() { ["title"] = options.Title ?? program?.GetName().Name ?? "JSON-RPC", ["version"] = options.Version ?? VersionOf(program) ?? NoVersion };

    private static string? VersionOf(Assembly? program)
    {
        // What follows the plus is the commit that the compiler was given.
        var version = program?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? program?.GetName().Version?.ToString();
        return version is null or "" or SdkVersion or SdkVersion + ".0" or NoVersion + ".0" ? null : version;
    }
}
