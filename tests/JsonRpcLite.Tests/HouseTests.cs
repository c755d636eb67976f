using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace JsonRpcLite.Tests;

/// <summary>The architecture: which project may depend on which, and the public surface of each.</summary>
public partial class HouseTests
{
    /// <summary>Each package and all that it may depend on. A new dependency is a decision about the architecture; it is made here first.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["JsonRpcLite"] = [],
        ["JsonRpcLite.Http11"] = [],
        ["JsonRpcLite.Sockets"] = ["JsonRpcLite", "JsonRpcLite.Http11"],
        ["JsonRpcLite.Generators"] = ["Microsoft.CodeAnalysis.CSharp"],
        ["JsonRpcLite.Hosting"] = ["JsonRpcLite", "JsonRpcLite.Sockets", "Microsoft.Extensions.*", "System.Threading.RateLimiting"],
        ["JsonRpcLite.AspNetCore"] = ["JsonRpcLite.Hosting", "Microsoft.AspNetCore.App"],
        ["JsonRpcLite.Tool"] = ["JsonRpcLite", "JsonRpcLite.Sockets"],
    };

    [Fact]
    public void No_package_depends_on_another_that_the_design_does_not_allow()
    {
        var projects = Directory.GetFiles(Path.Combine(Root(), "src"), "*.csproj", SearchOption.AllDirectories);

        projects.Should().Contain(p => Path.GetFileName(p) == "JsonRpcLite.csproj");
        foreach (var project in projects)
        {
            var name = Path.GetFileNameWithoutExtension(project);
            Allowed.Should().ContainKey(name);
            DependenciesOf(project).Where(dependency => !Allowed[name].Any(pattern => Matches(pattern, dependency)))
                .Should().BeEmpty("{0} may depend only on {1}", name, string.Join(", ", Allowed[name]));
        }
    }

    [Fact]
    public void No_package_gets_a_dependency_from_the_shared_properties()
    {
        var shared = Directory.GetFiles(Root(), "Directory.*.*").Concat(Directory.GetFiles(Path.Combine(Root(), "src"), "Directory.*.*", SearchOption.AllDirectories)).ToArray();

        shared.Should().NotBeEmpty();
        shared.SelectMany(DependenciesOf).Should().BeEmpty();
    }

    /// <summary>The build of the solution does not reach the projects in benchmarks/peers.</summary>
    [Fact]
    public void Every_file_that_a_project_shares_exists()
    {
        var shared = Directory.GetFiles(Root(), "*.csproj", SearchOption.AllDirectories)
            .SelectMany(project => XDocument.Load(project).Descendants("Compile").Select(compile => (string?)compile.Attribute("Include"))
                .Where(path => path is not null && !path.Contains('*') && !path.Contains('$'))
                .Select(path => Path.Combine(Path.GetDirectoryName(project)!, path!)))
            .ToList();

        shared.Should().Contain(path => path.Contains("peers", StringComparison.Ordinal));
        shared.Where(path => !File.Exists(path)).Should().BeEmpty();
    }

    [Fact]
    public void Every_test_that_is_skipped_says_how_to_run_it()
    {
        // With the lines on which an assignment continues.
        var sources = Directory.GetFiles(Path.Combine(Root(), "tests"), "*.cs", SearchOption.AllDirectories).Where(path => Path.GetFileName(path) != "HouseTests.cs")
            .SelectMany(path => Continued().Replace(File.ReadAllText(path), "= ").Split('\n')).ToList();
        var reasons = sources.Where(line => line.Contains("Skip = ", StringComparison.Ordinal) && line.Contains('"')
            || line.Contains("const string Missing", StringComparison.Ordinal)).ToList();

        reasons.Should().HaveCountGreaterThan(3).And.OnlyContain(line => line.Contains("To run this test: ", StringComparison.Ordinal));
    }

    /// <summary>The build checks every other rule of formatting. A string is not broken: its line may be longer if it has nearly nothing else.</summary>
    [Fact]
    public void No_line_of_code_is_longer_than_180_characters()
    {
        string[] folders = ["src", "templates", "tests", "samples", "benchmarks"];
        var files = folders.SelectMany(folder => Directory.GetFiles(Path.Combine(Root(), folder), "*", SearchOption.AllDirectories))
            .Where(path => Path.GetExtension(path) is ".cs" or ".js")
            .Select(path => Path.GetRelativePath(Root(), path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(folder => folder is "obj" or "bin" or "node_modules"))
            .ToList();

        var tooLong = from path in files
                      from line in LinesWithoutBlocks(File.ReadAllText(Path.Combine(Root(), path))).Index()
                      where line.Item.Length > 180 && !IsOneText(line.Item)
                      select $"{path}({line.Index + 1})";

        files.Should().HaveCountGreaterThan(500);
        tooLong.Should().BeEmpty();
    }

    /// <summary>Words that readers have stumbled over, each of which has a plain one in its place.</summary>
    [Fact]
    public void No_text_has_a_word_that_readers_stumble_over()
    {
        string[] folders = [".ci", "benchmarks", "docs", "samples", "src", "templates", "tests"];
        var files = folders.SelectMany(folder => Directory.GetFiles(Path.Combine(Root(), folder), "*", SearchOption.AllDirectories))
            .Concat(Directory.GetFiles(Root(), "*.md"))
            .Where(path => Path.GetExtension(path) is ".cs" or ".js" or ".ts" or ".css" or ".fs" or ".md" or ".yml" or ".csproj" or ".props" or ".targets" or "")
            .Select(path => Path.GetRelativePath(Root(), path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(folder => folder is "obj" or "bin" or "node_modules" or "_site" or "api") && Path.GetFileName(path) != "HouseTests.cs")
            .ToList();

        var strange = from path in files
                      from line in File.ReadAllLines(Path.Combine(Root(), path)).Index()
                      from word in StrangeWord().Matches(line.Item)
                      select $"{path}({line.Index + 1}): {word.Value}";

        files.Should().HaveCountGreaterThan(600);
        strange.Should().BeEmpty();
    }

    [Theory]
    [InlineData("    Call(", ");", true)]
    [InlineData("    .Add($", ", name)", true)]
    [InlineData("    throw new ArgumentException(", ", argument);", false)]
    public void Only_a_string_that_nearly_fills_its_line_may_exceed_the_length(string before, string after, bool isOne) =>
        IsOneText($"{before}\"{new string('x', 170)}{{(isOne ? \"one\" : \"many\")}}\"{after}").Should().Be(isOne);

    [Fact]
    public void The_public_surface_is_the_approved_one() => PublicSurface.ShouldBeApproved(typeof(JsonRpc).Assembly);

    /// <summary>A star at the end means a family of packages.</summary>
    private static bool Matches(string pattern, string dependency) =>
        pattern.EndsWith('*') ? dependency.StartsWith(pattern[..^1], StringComparison.Ordinal) : dependency == pattern;

    /// <summary>A project whose output is not referenced is only packed together with it, like the generator.</summary>
    private static string[] DependenciesOf(string project) =>
        [.. XDocument.Load(project).Descendants()
            .Where(e => e.Attribute("ReferenceOutputAssembly")?.Value != "false"
                && e.Name.LocalName is "ProjectReference" or "PackageReference" or "GlobalPackageReference" or "FrameworkReference" or "Reference")
            .Select(e => e.Attribute("Include")!.Value.Replace('\\', '/'))
            .Select(i => i.EndsWith(".csproj", StringComparison.Ordinal) ? Path.GetFileNameWithoutExtension(i) : i)];

    /// <summary>The lines of a file, without strings that have lines of their own.</summary>
    private static string[] LinesWithoutBlocks(string source) => Block().Replace(source, block => new string('\n', block.Value.Count(c => c == '\n'))).Split('\n');

    private static bool IsOneText(string line)
    {
        // A quote in an interpolation, as in $"{(isOne ? "one" : "many")}", does not end the string.
        var plain = Hole().Replace(line, hole => hole.Value.Replace('"', ' '));
        var longest = Text().Matches(plain).Select(m => m.Length).DefaultIfEmpty().Max();
        return plain.Trim().Length - longest <= 25;
    }

    [GeneratedRegex("\"{3,}[ ]*\\n[\\s\\S]*?\\n[ ]*\"{3,}")]
    private static partial Regex Block();

    [GeneratedRegex(@"=\n\s+")]
    private static partial Regex Continued();

    [GeneratedRegex(@"\b(whoever|somebody|greedy|told|bell|kept connections?|is no number|inside of|over its time|leave to)\b", RegexOptions.IgnoreCase)]
    private static partial Regex StrangeWord();

    [GeneratedRegex(@"\{[^{}]*\}")]
    private static partial Regex Hole();

    [GeneratedRegex("[$@]*\"\"\"[\\s\\S]*?\"\"\"+|[$@]*\"(?:\\\\.|[^\"\\\\])*\"")]
    private static partial Regex Text();

    private static string Root([CallerFilePath] string thisFile = "") => Path.GetFullPath(Path.Combine(thisFile, "../../.."));
}
