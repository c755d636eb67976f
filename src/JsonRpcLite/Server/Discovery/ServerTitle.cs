using System.Reflection;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>The title and version of a server: those of the options, or else those of the program.</summary>
/// <remarks>
/// OpenRPC requires a version, and a program always has one: if its project sets none, the .NET SDK writes 1.0.0, which says nothing about the server. So that version is
/// <see cref="NoVersion"/> in the document, and the page does not show it.
/// </remarks>
internal static class ServerTitle
{
    /// <summary>The version of a server without a version; the page compares with the same text.</summary>
    public const string NoVersion = "0.0.0";

    /// <summary>The version that the SDK writes for a project without a version.</summary>
    private const string SdkVersion = "1.0.0";

    public static JsonObject Of(JsonRpcDiscoveryOptions options) => Of(options, Assembly.GetEntryAssembly());

    /// <param name="options">The title and the version, if they are set.</param>
    /// <param name="program">The program, whose name and version are the defaults.</param>
    internal static JsonObject Of(JsonRpcDiscoveryOptions options, Assembly? program) =>
        new() { ["title"] = options.Title ?? program?.GetName().Name ?? "JSON-RPC", ["version"] = options.Version ?? VersionOf(program) ?? NoVersion };

    private static string? VersionOf(Assembly? program)
    {
        // The part after the plus is the commit that the compiler was given.
        var version = program?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? program?.GetName().Version?.ToString();
        return version is null or "" or SdkVersion or SdkVersion + ".0" or NoVersion + ".0" ? null : version;
    }
}
