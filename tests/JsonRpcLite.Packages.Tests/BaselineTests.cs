namespace JsonRpcLite.Packages.Tests;

/// <summary>A pack compares the public surface with that of the last release, whose packages are in .ci/baseline.</summary>
[Collection(nameof(PackedFamily))]
public sealed class BaselineTests(PackedFamily family) : IDisposable
{
    private const string Name = "JsonRpcLite.Http11";

    /// <summary>A repository with one project, whose current package is the last release.</summary>
    private readonly string _copy = Directory.CreateTempSubdirectory("baseline").FullName;

    [Fact]
    public async Task The_same_public_surface_packs()
    {
        Copy();

        var pack = await PackAsync();

        pack.ExitCode.Should().Be(0, "{0}", pack.Output);
    }

    [Fact]
    public async Task A_removed_public_member_fails_the_pack()
    {
        Copy();
        var file = Path.Combine(_copy, "src", Name, "Http11Connection.cs");
        var source = await File.ReadAllTextAsync(file);
        source.Should().Contain("public void Reset()");
        await File.WriteAllTextAsync(file, source.Replace("public void Reset()", "internal void Reset()", StringComparison.Ordinal));

        var pack = await PackAsync();

        pack.ExitCode.Should().NotBe(0);
        pack.Output.Should().Contain("error CP0002").And.Contain("Http11Connection.Reset()");
    }

    /// <summary>The baseline is committed separately after its release. Once a new section of the change log has begun, it must exist.</summary>
    [Fact]
    public void The_baseline_is_the_last_release()
    {
        var released = Repository.Changes.Take(2).Where(change => change.Date != "Unreleased").Select(change => change.Version).ToList();
        var baselines = Directory.GetFiles(Path.Combine(Repository.Root, ".ci/baseline"), "*.nupkg");

        var versions = baselines.Select(VersionOf).Distinct().ToList();

        versions.Should().HaveCountLessThan(2).And.BeSubsetOf(released);
        if (Repository.Changes.Count > 1)
            versions.Should().NotBeEmpty();
    }

    public void Dispose() => Directory.Delete(_copy, recursive: true);

    private static string VersionOf(string baseline)
    {
        using var package = new Package(baseline);
        package["id"].Should().Be(Path.GetFileNameWithoutExtension(baseline));
        return package["version"];
    }

    private void Copy()
    {
        string[] files = ["Directory.Build.props", "Directory.Packages.props", "global.json", "CHANGELOG.md"];
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "src")).Select(f => $"src/{Path.GetFileName(f)}").Concat(files))
            CopyFile(file);
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "src", Name), "*", SearchOption.AllDirectories))
        {
            var path = Path.GetRelativePath(Repository.Root, file);
            if (!path.Split(Path.DirectorySeparatorChar).Any(folder => folder is "bin" or "obj"))
                CopyFile(path);
        }
        Directory.CreateDirectory(Path.Combine(_copy, ".ci/baseline"));
        File.Copy(family.PathOf(Name), Path.Combine(_copy, $".ci/baseline/{Name}.nupkg"));
    }

    private void CopyFile(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_copy, path))!);
        File.Copy(Path.Combine(Repository.Root, path), Path.Combine(_copy, path));
    }

    private Task<(int ExitCode, string Output)> PackAsync() => Repository.RunAsync("dotnet", _copy, "pack", $"src/{Name}", "-p:Precompile=false", "-p:RunAnalyzers=false");
}
