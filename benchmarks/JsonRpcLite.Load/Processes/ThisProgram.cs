using System.Text.Json.Nodes;

namespace JsonRpcLite.Load;

/// <summary>The commands that start this program again, as a server, a client or a load.</summary>
internal static class ThisProgram
{
    public static string Dotnet { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private static readonly string Assembly = typeof(ThisProgram).Assembly.Location;

    /// <summary>The configuration of the runtime without ASP.NET Core, which loads less, and faster.</summary>
    private static readonly string Lean = WriteLean();

    public static string[] Command(bool usesAspNetCore, params string[] args) =>
        [Dotnet, "exec", .. usesAspNetCore ? Array.Empty<string>() : ["--runtimeconfig", Lean], Assembly, .. args];

    private static string WriteLean()
    {
        var all = JsonNode.Parse(File.ReadAllText(Path.ChangeExtension(Assembly, ".runtimeconfig.json")))!;
        var frameworks = all["runtimeOptions"]!["frameworks"]!.AsArray();
        frameworks.RemoveAll(framework => (string?)framework!["name"] == "Microsoft.AspNetCore.App");
        var lean = Path.ChangeExtension(Assembly, ".lean.runtimeconfig.json");
        File.WriteAllText(lean, all.ToJsonString());
        return lean;
    }
}
