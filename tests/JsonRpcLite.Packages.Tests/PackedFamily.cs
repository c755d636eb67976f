namespace JsonRpcLite.Packages.Tests;

/// <summary>
/// The packages under test: those in the folder that the environment variable PACKAGES_FOLDER names, as in .ci/run, or else packed once for the tests, which takes about a minute.
/// </summary>
public sealed class PackedFamily : IAsyncLifetime
{
    private string? _own;

    public string Folder { get; private set; } = "";

    public async Task InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("PACKAGES_FOLDER") is { Length: > 0 } folder)
        {
            Folder = folder;
            return;
        }
        Folder = _own = Directory.CreateTempSubdirectory("packages").FullName;
        var pack = await Repository.RunAsync("dotnet", Repository.Root, "pack", "--output", _own, "-p:RunAnalyzers=false");
        pack.ExitCode.Should().Be(0, "{0}", pack.Output);
    }

    public Task DisposeAsync()
    {
        if (_own is not null)
            Directory.Delete(_own, recursive: true);
        return Task.CompletedTask;
    }

    internal string PathOf(string package) => Path.Combine(Folder, $"{package}.{Repository.Version}.nupkg");
}

[CollectionDefinition(nameof(PackedFamily))]
public class PackedFamilyTests : ICollectionFixture<PackedFamily>;
