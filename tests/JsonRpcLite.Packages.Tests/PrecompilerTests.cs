using System.Text.Json.Nodes;

namespace JsonRpcLite.Packages.Tests;

/// <summary>Where packing finds the compiler of precompiled code and the runtimes that it compiles for. Folders stand for the packages, so nothing is compiled.</summary>
public sealed class PrecompilerTests : IDisposable
{
    private const string Project = "src/JsonRpcLite.Http11/JsonRpcLite.Http11.csproj";

    private readonly string _folder = Directory.CreateTempSubdirectory("precompiler").FullName;

    [Fact]
    public async Task Each_package_is_found_in_NuGets_own_folder_or_in_a_fallback_folder()
    {
        var (own, fallback) = (Path.Combine(_folder, "own"), Path.Combine(_folder, "fallback"));
        var (version, names) = await NamesAsync();
        foreach (var name in names)
            Directory.CreateDirectory(Path.Combine(name.Contains("osx", StringComparison.Ordinal) ? own : fallback, name, version));

        var (exitCode, output) = await FindAsync($"{own}/;{fallback}", "-getItem:FoundPrecompilerPackage");

        exitCode.Should().Be(0, "{0}", output);
        var found = JsonNode.Parse(output)!["Items"]!["FoundPrecompilerPackage"]!.AsArray();
        found.Select(item => (string)item!["Package"]!).Should().BeEquivalentTo(names);
        found.Should().OnlyContain(item => Directory.Exists((string)item!["FullPath"]!));
    }

    [Fact]
    public async Task A_package_that_is_in_no_folder_is_an_error_that_names_it()
    {
        var (_, names) = await NamesAsync();

        var (exitCode, output) = await FindAsync(_folder);

        exitCode.Should().NotBe(0);
        output.Should().Contain("Precompiling needs ").And.ContainAll(names).And.Contain(_folder).And.Contain("-p:Precompile=false");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<(string Version, string[] Names)> NamesAsync()
    {
        var (exitCode, output) = await Repository.RunAsync(
            "dotnet", Repository.Root, "msbuild", Project, "-p:Configuration=Release", "-getProperty:BundledNETCoreAppPackageVersion", "-getItem:PackageDownload");
        exitCode.Should().Be(0, "{0}", output);
        var answer = JsonNode.Parse(output)!;
        var downloads = answer["Items"]!["PackageDownload"]!.AsArray().Select(item => (string)item!["Identity"]!);
        string[] names = [.. downloads.Where(name => name.StartsWith("microsoft.netcore.app.", StringComparison.Ordinal))];
        names.Should().HaveCount(5, "the compiler, and a runtime for each platform");
        return ((string)answer["Properties"]!["BundledNETCoreAppPackageVersion"]!, names);
    }

    /// <param name="folders">NuGet's folders, the first of which is its own.</param>
    /// <param name="more">More arguments.</param>
    private static Task<(int ExitCode, string Output)> FindAsync(string folders, params string[] more) => Repository.RunAsync(
        "dotnet", Repository.Root,
        ["msbuild", Project, "-t:FindPrecompiler", "-p:Configuration=Release", $"-p:NuGetPackageFolders=\"{folders}\"", .. more]);
}
