using System.Reflection;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>By what name and version a server goes: the options', or else those of the program.</summary>
internal static class ServerTitle
{
    public static JsonObject Of(JsonRpcDiscoveryOptions options)
    {
        var program = Assembly.GetEntryAssembly();
        // What follows the plus is the commit that the compiler was told of, which is nobody's concern.
        var version = program?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? program?.GetName().Version?.ToString();
        return new JsonObject { ["title"] = options.Title ?? program?.GetName().Name ?? "JSON-RPC", ["version"] = options.Version ?? version ?? "0.0.0" };
    }
}
