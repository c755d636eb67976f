namespace JsonRpcLite.Packages.Tests;

/// <summary>What .ci/release refuses before it begins, in a small repository with its script, version and change log. .ci/long tests a whole release.</summary>
public sealed class ReleaseTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("release").FullName;

    [Theory]
    [InlineData("0.1", "## 0.1 - 2027-01-31", "the Version in Directory.Build.props is '0.1'; it must be MAJOR.MINOR.PATCH.")]
    [InlineData("0.1.0", "## 0.1.0 - Unreleased", "the section of 0.1.0 in CHANGELOG.md is dated 'Unreleased'; write the day of the release as YYYY-MM-DD.")]
    [InlineData("0.2.0", "## 0.1.0 - 2027-01-31", "the newest section of CHANGELOG.md is '## 0.1.0 - 2027-01-31'; it must be '## 0.2.0 - YYYY-MM-DD'.")]
    public async Task The_version_and_the_change_log_must_agree(string version, string heading, string reason)
    {
        await MakeAsync(version, heading);

        await ShouldStopAsync(reason);
    }

    [Fact]
    public async Task Everything_must_be_committed()
    {
        await MakeAsync("0.1.0", "## 0.1.0 - 2027-01-31");
        await File.WriteAllTextAsync(Path.Combine(_folder, "New.cs"), "");

        await ShouldStopAsync("files are changed or new; commit them first.");
    }

    [Fact]
    public async Task A_version_is_released_once()
    {
        await MakeAsync("0.1.0", "## 0.1.0 - 2027-01-31");
        await GitAsync("tag", "v0.1.0");

        await ShouldStopAsync("the tag v0.1.0 exists; raise the Version.");
    }

    [Fact]
    public async Task The_placeholder_of_the_repositorys_address_stops_a_release()
    {
        await MakeAsync("0.1.0", "## 0.1.0 - 2027-01-31", "See https://github.com/jsonrpclite/jsonrpclite/security.");

        var release = await Repository.RunAsync("bash", _folder, ".ci/release");

        release.Should().Be((1, """
            == Version and change log
            No release: the placeholder https://github.com/jsonrpclite/jsonrpclite stands in SECURITY.md. Put the address of the repository in its place.

            """));
    }

    [Fact]
    public async Task Without_the_placeholder_the_checks_begin()
    {
        await MakeAsync("0.1.0", "## 0.1.0 - 2027-01-31", "See https://example.com/tea/jsonrpclite/security.");

        var release = await Repository.RunAsync("bash", _folder, ".ci/release");

        release.ExitCode.Should().Be(1);
        release.Output.Should().StartWith("== Version and change log\n== Checks\n").And.EndWith("No release: .ci/run failed.\n");
    }

    [Fact]
    public async Task An_unknown_option_is_refused()
    {
        await MakeAsync("0.1.0", "## 0.1.0 - 2027-01-31");

        var release = await Repository.RunAsync("bash", _folder, ".ci/release", "--force");

        release.Should().Be((2, "Usage: .ci/release [--dry-run]\n"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task ShouldStopAsync(string reason)
    {
        var release = await Repository.RunAsync("bash", _folder, ".ci/release", "--dry-run");

        release.Should().Be((1, $"== Version and change log\nNo release: {reason}\n"));
    }

    private async Task MakeAsync(string version, string heading, string security = "")
    {
        Directory.CreateDirectory(Path.Combine(_folder, ".ci"));
        File.Copy(Path.Combine(Repository.Root, ".ci/release"), Path.Combine(_folder, ".ci/release"));
        var properties = Repository.Read("Directory.Build.props");
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "Directory.Build.props"),
            properties.Replace($"<Version>{Repository.Version}</Version>", $"<Version>{version}</Version>", StringComparison.Ordinal)
                .Replace(Repository.Property("RepositoryUrl"), "https://example.com/tea/jsonrpclite", StringComparison.Ordinal));
        await File.WriteAllTextAsync(Path.Combine(_folder, "SECURITY.md"), security);
        await File.WriteAllTextAsync(Path.Combine(_folder, "CHANGELOG.md"), $"# Changelog\n\n{heading}\n\n### Fixed\n\n- A fault.\n");
        await GitAsync("init", "--quiet");
        await GitAsync("add", ".");
        await GitAsync("-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "Begin");
    }

    private async Task GitAsync(params string[] arguments)
    {
        var git = await Repository.RunAsync("git", _folder, arguments);
        git.ExitCode.Should().Be(0, "{0}", git.Output);
    }
}
