using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Http11.Tests;

/// <summary>The cases in their files; their README describes the format. HTTP11_CASES names another folder.</summary>
internal static class CaseFile
{
    public static IReadOnlyList<JsonObject> All { get; } = Load();

    public static bool IsOwnCopy => Environment.GetEnvironmentVariable("HTTP11_CASES") is null or "";

    public static IEnumerable<JsonObject> OfKind(string kind) => All.Where(c => (string)c["kind"]! == kind);

    public static string Level(this JsonObject @case) => (string)@case["level"]!;

    public static string Id(this JsonObject @case) => (string)@case["id"]!;

    public static Http11Role Role(this JsonObject @case) => (string)@case["role"]! == "server" ? Http11Role.Server : Http11Role.Client;

    public static Http11Options Options(this JsonObject @case)
    {
        var options = new Http11Options();
        foreach (var (name, value) in @case["options"]!.AsObject())
        {
            name.Should().Be("maxHeadBytes", "no other option is known");
            options.MaxHeadSize = (int)value!;
        }
        return options;
    }

    private static List<JsonObject> Load()
    {
        var folder = IsOwnCopy ? Copy() : Environment.GetEnvironmentVariable("HTTP11_CASES")!;
        return
        [
            .. Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal)
                .SelectMany(file => JsonNode.Parse(File.ReadAllText(file))!["cases"]!.AsArray())
                .Select(node => node!.AsObject()),
        ];
    }

    private static string Copy([CallerFilePath] string thisFile = "") => Path.GetFullPath(Path.Combine(thisFile, "../../Data/http11-cases"));
}
