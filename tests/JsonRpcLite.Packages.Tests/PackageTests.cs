using System.Buffers.Binary;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace JsonRpcLite.Packages.Tests;

/// <summary>The packages that a user downloads: each is complete, describes itself, and contains nothing else.</summary>
[Collection(nameof(PackedFamily))]
public partial class PackageTests(PackedFamily family)
{
    private static readonly string[] Precompiled = ["linux-arm64", "linux-x64", "osx-arm64", "win-x64"];

    private const string Tool = "JsonRpcLite.Tool";

    private const string Templates = "JsonRpcLite.Templates";

    /// <summary>The files of a package besides its README and icon, and of a library besides its assembly.</summary>
    private static readonly Dictionary<string, string[]> Extras = new()
    {
        ["JsonRpcLite"] =
        [
            .. PrecompiledOf("JsonRpcLite"), "analyzers/dotnet/cs/JsonRpcLite.Generators.dll", "build/JsonRpcLite.props", "buildTransitive/JsonRpcLite.props",
        ],
        ["JsonRpcLite.Http11"] = PrecompiledOf("JsonRpcLite.Http11"),
        ["JsonRpcLite.Sockets"] = PrecompiledOf("JsonRpcLite.Sockets"),
        [Tool] =
        [
            .. new[] { "DotnetToolSettings.xml", "JsonRpcLite.dll", "JsonRpcLite.Http11.dll", "JsonRpcLite.Sockets.dll",
                $"{Tool}.dll", $"{Tool}.deps.json", $"{Tool}.runtimeconfig.json" }
                .Select(file => $"tools/net10.0/any/{file}"),
        ],
        [Templates] =
        [
            "content/jsonrpc-client/.template.config/template.json", "content/jsonrpc-client/Program.cs", "content/jsonrpc-client/RpcClient1.csproj",
            "content/jsonrpc-server/.template.config/template.json", "content/jsonrpc-server/aspnet/Program.cs", "content/jsonrpc-server/aspnet/RpcServer1.csproj",
            "content/jsonrpc-server/aspnet/Properties/launchSettings.json",
            "content/jsonrpc-server/console/Program.cs", "content/jsonrpc-server/console/RpcServer1.csproj",
        ],
    };

    public static TheoryData<string> Packages => [.. Repository.Packages];

    /// <summary>The packages that a program is compiled against.</summary>
    public static TheoryData<string> Libraries => [.. Repository.Packages.Except([Tool, Templates])];

    [Fact]
    public void The_family_is_packed_and_nothing_else() =>
        Directory.GetFiles(family.Folder).Should().BeEquivalentTo(Repository.Packages.Select(family.PathOf)).And.HaveCountGreaterThan(6);

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_package_has_what_it_needs_and_no_other_file(string name)
    {
        using var package = Open(name);

        var files = package.Files.Where(f => f is not "[Content_Types].xml" and not "_rels/.rels" && !f.EndsWith(".psmdcp", StringComparison.Ordinal));
        string[] library = name is Tool or Templates ? [] : [$"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml"];
        files.Should().BeEquivalentTo([$"{name}.nuspec", "README.md", "icon.png", .. library, .. Extras.GetValueOrDefault(name, [])]);
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_package_says_what_it_is_and_where_it_comes_from(string name)
    {
        using var package = Open(name);
        var address = Repository.Property("RepositoryUrl");

        (package["id"], package["version"]).Should().Be((name, Repository.Version));
        (package["license"], package["license", "type"]).Should().Be(("MIT", "expression"));
        (package["readme"], package["icon"], package["projectUrl"]).Should().Be(("README.md", "icon.png", address));
        (package["repository", "type"], package["repository", "url"]).Should().Be(("git", address));
        package["repository", "commit"].Should().MatchRegex("^[0-9a-f]{40}$");
        package["description"].Length.Should().BeInRange(50, 300);
        package["tags"].Split(' ').Should().Contain("http").And.HaveCountGreaterThan(3);
        package["authors"].Should().NotBeEmpty();
        package["copyright"].Should().StartWith("Copyright");
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void The_release_notes_are_the_newest_section_of_the_change_log(string name)
    {
        using var package = Open(name);

        Repository.Changes[0].Version.Should().Be(Repository.Version);
        package["releaseNotes"].ReplaceLineEndings("\n").Should().Be(Repository.Changes[0].Text).And.NotBeEmpty();
        package["releaseNotes"].Length.Should().BeLessThan(35_000, "longer ones are refused");
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void The_icon_is_a_small_picture(string name)
    {
        using var package = Open(name);
        var icon = package.Read("icon.png");

        icon.Length.Should().BeLessThan(10_000);
        Encoding.Latin1.GetString(icon, 1, 3).Should().Be("PNG");
        (BinaryPrimitives.ReadInt32BigEndian(icon.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(icon.AsSpan(20))).Should().Be((128, 128));
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void The_assembly_has_its_symbols_and_its_documentation(string name)
    {
        using var package = Open(name);
        using var assembly = new PEReader(new MemoryStream(package.Read($"lib/net10.0/{name}.dll")));
        var documentation = XDocument.Load(new MemoryStream(package.Read($"lib/net10.0/{name}.xml")));

        assembly.ReadDebugDirectory().Should().Contain(entry => entry.Type == DebugDirectoryEntryType.EmbeddedPortablePdb);
        documentation.Descendants("member").Should().HaveCountGreaterThan(10);
        documentation.Root!.Element("assembly")!.Element("name")!.Value.Should().Be(name);
    }

    [Theory]
    [InlineData("JsonRpcLite")]
    [InlineData("JsonRpcLite.Http11")]
    [InlineData(Tool)]
    [InlineData(Templates)]
    public void The_packages_without_dependencies_have_none(string name)
    {
        using var package = Open(name);

        package.Dependencies.Should().BeEmpty();
    }

    [Fact]
    public void The_tool_is_the_command_jsonrpc()
    {
        using var package = Open(Tool);
        var settings = XDocument.Load(new MemoryStream(package.Read("tools/net10.0/any/DotnetToolSettings.xml")));

        var command = settings.Descendants("Command").Single();
        (command.Attribute("Name")!.Value, command.Attribute("EntryPoint")!.Value).Should().Be(("jsonrpc", $"{Tool}.dll"));
        package.Types.Should().Equal("DotnetTool");
    }

    [Fact]
    public void The_templates_name_the_packages_of_their_own_version()
    {
        using var package = Open(Templates);

        var references = package.Files.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal))
            .SelectMany(f => XDocument.Load(new MemoryStream(package.Read(f))).Descendants("PackageReference"))
            .Select(r => (Id: r.Attribute("Include")!.Value, Version: r.Attribute("Version")!.Value))
            .ToList();
        references.Should().HaveCount(5).And.OnlyContain(r => r.Version == Repository.Version);
        references.Select(r => r.Id).Should().BeSubsetOf(Repository.Packages);
        package.Types.Should().Equal("Template");
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Every_link_and_image_of_the_README_leads_somewhere(string name)
    {
        using var package = Open(name);
        var repository = Repository.Property("RepositoryUrl");
        var readme = Fence().Replace(Encoding.UTF8.GetString(package.Read("README.md")), "");
        var targets = Link().Matches(readme).Select(m => m.Groups[1].Value + m.Groups[2].Value).ToList();

        targets.Should().NotBeEmpty().And.OnlyContain(t => t.StartsWith("https://", StringComparison.Ordinal), "a relative link does not work in a package");
        targets.Should().Contain(t => t.StartsWith(repository, StringComparison.Ordinal), "that is the address in Directory.Build.props");
        foreach (var target in targets.Where(t => IsOfRepository(t)))
            Leads(target, repository).Should().BeTrue("{0} leads to {1}", name, target);
    }

    /// <summary>By the name of the repository, so that a link to another owner's repository is not skipped as foreign.</summary>
    private static bool IsOfRepository(string target) => target.Contains("jsonrpclite", StringComparison.OrdinalIgnoreCase);

    private static bool Leads(string target, string repository)
    {
        if (!target.StartsWith(repository, StringComparison.Ordinal))
            return false;
        var (path, anchor) = target[repository.Length..].Split('#') is [var before, var after] ? (before, after) : (target[repository.Length..], "");
        if (path is "" or "/")
            return anchor is "" or "readme" || HasAnchor("README.md", anchor);
        if (Branch().Match(path) is not { Success: true } branch)
            return false;
        var file = Path.Combine(Repository.Root, branch.Groups[2].Value);
        return branch.Groups[1].Value == "tree" ? Directory.Exists(file) : File.Exists(file) && (anchor == "" || HasAnchor(branch.Groups[2].Value, anchor));
    }

    /// <summary>An anchor is a heading's words in lower case, or an id in the page.</summary>
    private static bool HasAnchor(string page, string anchor) =>
        Repository.Read(page) is var text
        && (text.Contains($"id=\"{anchor}\"", StringComparison.Ordinal)
            || Heading().Matches(text).Any(m => Punctuation().Replace(m.Groups[1].Value, "").ToLowerInvariant().Replace(' ', '-') == anchor));

    private static string[] PrecompiledOf(string name) => [.. Precompiled.Select(runtime => $"runtimes/{runtime}/lib/net10.0/{name}.dll")];

    private Package Open(string name) => new(family.PathOf(name));

    [GeneratedRegex(@"^```.*?^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\]\(([^)\s]+)|(?:src|href)=""([^""]+)""")]
    private static partial Regex Link();

    [GeneratedRegex(@"^/(blob|tree|raw)/main/(.+)$")]
    private static partial Regex Branch();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Punctuation();
}
