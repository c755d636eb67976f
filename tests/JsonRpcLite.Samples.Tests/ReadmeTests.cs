extern alias generators;

using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace JsonRpcLite.Samples.Tests;

/// <summary>
/// Users paste from the README and the pages in docs: every C# block is compiled as a program of its own, with only what a new console project has, and every shell
/// block is run, here or by .ci/run. A block that no test knows fails.
/// </summary>
[Collection(UsesConsole)]
public partial class ReadmeTests
{
    /// <summary>Tests that redirect the console, which the process shares, run one after another.</summary>
    internal const string UsesConsole = "Console";

    private static readonly string Readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));

    /// <summary>Shell blocks that .ci/run runs word for word, because a test inside them could not.</summary>
    internal static readonly string[] RunByCi =
    [
        "dotnet test\n",
        "dotnet pack\ndotnet add path/to/your/app package JsonRpcLite --source \"$PWD/artifacts/packages\"\n",
    ];

    /// <summary>Except the page of compiler errors, whose blocks are wrong on purpose, or fixes of others: <see cref="CompilerErrorsTests"/> compiles them.</summary>
    private static readonly string[] Docs = [.. Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md").Where(page => Path.GetFileName(page) != "compiler-errors.md")];

    /// <summary>The pages of the packages. The engine's are parts of a program, which its own tests compile.</summary>
    private static readonly string[] OfPackages =
    [
        .. new[] { "src", "templates" }.SelectMany(folder => Directory.GetDirectories(Path.Combine(Repository.Root, folder)))
            .Select(folder => Path.Combine(folder, "README.md"))
            .Where(page => File.Exists(page) && !page.Contains("Http11", StringComparison.Ordinal)),
    ];

    public static TheoryData<string> CSharpBlocks => [.. Docs.Concat(OfPackages).Select(File.ReadAllText).Prepend(Readme).SelectMany(text => Blocks("csharp", text)).Distinct()];

    [Theory]
    [MemberData(nameof(CSharpBlocks))]
    public void Every_CSharp_block_is_a_program_that_compiles(string block) => Compile(block);

    [Fact]
    public void The_first_block_runs_and_prints_what_the_README_says()
    {
        var program = OnFreePort(Blocks("csharp")[0]);

        var output = Run(Compile(program));

        output.Should().Be("wörld 😀");
    }

    [Theory]
    [InlineData("KeyNotFoundException", "404: The given key 'coffee' was not present in the dictionary.")]
    [InlineData("\"flaky\"", "2")]
    [InlineData("AddFallback", "shop.buy is not open yet.")]
    [InlineData("addresses.Length", "3")]
    public void The_blocks_about_middleware_print_what_they_say(string mark, string output)
    {
        var program = Blocks("csharp", File.ReadAllText(Path.Combine(Repository.Root, "docs/middleware.md"))).Single(block => block.Contains(mark, StringComparison.Ordinal));

        Run(Compile(OnFreePort(program))).Should().Be(output);
    }

    [Theory]
    [InlineData("README.md", 1, "19")]
    [InlineData("docs/contracts.md", 0, "19")]
    [InlineData("docs/contracts.md", 1, "Notes of guest")]
    [InlineData("docs/contracts.md", 2, "1 2")]
    [InlineData("docs/safe-methods.md", 1, "3, tea is yours")]
    public void The_blocks_about_contracts_print_what_they_say(string page, int block, string output) =>
        Run(Compile(OnFreePort(Blocks("csharp", File.ReadAllText(Path.Combine(Repository.Root, page)))[block]))).Should().Be(output);

    [Fact]
    public void The_block_about_several_addresses_skips_the_dead_one()
    {
        var blocks = Blocks("csharp", File.ReadAllText(Path.Combine(Repository.Root, "docs/resilience.md")));
        var program = blocks.Single(block => block.Contains("UseAddresses", StringComparison.Ordinal));

        Run(Compile(OnFreePort(program))).Should().Be("book is on its way");
    }

    [Fact]
    public void The_README_of_the_package_for_sockets_shows_the_program_of_the_page_that_leads_to_it()
    {
        var program = Blocks("csharp", File.ReadAllText(Path.Combine(Repository.Root, "docs/http-listener.md")))[0];

        File.ReadAllText(Path.Combine(Repository.Root, "src/JsonRpcLite.Sockets/README.md")).Should().Contain(program);
    }

    [Fact]
    public void The_README_of_the_package_for_hosts_shows_the_first_program_of_its_guide()
    {
        var program = Blocks("csharp", File.ReadAllText(Path.Combine(Repository.Root, "docs/hosting.md")))[0];

        Blocks("csharp", File.ReadAllText(Path.Combine(Repository.Root, "src/JsonRpcLite.Hosting/README.md"))).Should().Equal(program);
    }

    [Fact]
    public void The_README_of_the_core_package_shows_programs_of_the_README() =>
        Blocks("csharp", File.ReadAllText(Path.Combine(Repository.Root, "src/JsonRpcLite/README.md"))).Should().Equal(Blocks("csharp").Take(2));

    [Theory]
    [InlineData("README.md")]
    [InlineData("src/JsonRpcLite/README.md")]
    public void The_lines_for_a_program_in_one_file_name_this_version(string page)
    {
        var version = Regex.Match(File.ReadAllText(Path.Combine(Repository.Root, "Directory.Build.props")), "<Version>(.*?)</Version>").Groups[1].Value;

        Blocks("cs", File.ReadAllText(Path.Combine(Repository.Root, page))).Should()
            .Equal($"#:package JsonRpcLite@{version}\n#:property JsonSerializerIsReflectionEnabledByDefault=true\n");
    }

    [Fact]
    public async Task Every_shell_block_is_run()
    {
        var ci = await File.ReadAllTextAsync(Path.Combine(Repository.Root, ".ci/run"));
        Blocks("sh").Should().Contain(RunByCi);
        foreach (var line in RunByCi.SelectMany(block => block.Split('\n', StringSplitOptions.RemoveEmptyEntries)))
            ci.Should().Contain(line.Replace("path/to/your/app", "\"$app\"", StringComparison.Ordinal));

        Blocks("sh").Should().Contain("dotnet run --project samples/Echo\n");
        using var echo = Command.StartSample("Echo", "--port", "0");
        var port = new Uri(echo.WaitForLine("Listening").Split(' ')[2]).Port;
        var curls = Blocks("sh").Where(block => block.StartsWith("curl ", StringComparison.Ordinal)).ToList();
        Blocks("sh").Should().HaveCount(curls.Count + RunByCi.Length + 1, "no block is left over");

        var curl = await Command.RunAsync("sh", "-c", curls.Single().Replace("12345", $"{port}", StringComparison.Ordinal));

        curl.Should().Be(new Result(0, Blocks("json")[0].TrimEnd(), curl.Errors));
    }

    [Fact]
    public void Every_link_leads_somewhere()
    {
        var pages = Docs.Concat(Directory.GetFiles(Repository.Root, "*.md"))
            .Concat(Directory.GetFiles(Path.Combine(Repository.Root, "samples"), "README.md", SearchOption.AllDirectories));
        var dead = new List<string>();
        foreach (var page in pages)
        {
            foreach (Match link in Link().Matches(CodeFence().Replace(File.ReadAllText(page), "")))
            {
                var (target, anchor) = (link.Groups[1].Value, link.Groups[2].Value);
                if (target.Contains(':', StringComparison.Ordinal))
                    continue;
                var file = target.Length == 0 ? page : Path.Combine(Path.GetDirectoryName(page)!, target);
                if (!File.Exists(file) || (anchor.Length > 0 && !Anchors(File.ReadAllText(file)).Contains(anchor)))
                    dead.Add($"{Path.GetRelativePath(Repository.Root, page)}: {target}#{anchor}");
            }
        }

        dead.Should().BeEmpty();
    }

    /// <summary>An anchor is a heading's words in lower case, or an id in the page.</summary>
    private static IEnumerable<string> Anchors(string page) =>
        Heading().Matches(CodeFence().Replace(page, "")).Select(m => Punctuation().Replace(m.Groups[1].Value, "").ToLowerInvariant().Replace(' ', '-'))
            .Concat(Id().Matches(page).Select(m => m.Groups[1].Value));

    internal static List<string> Blocks(string language, string? text = null) =>
        [.. Fence().Matches(text ?? Readme).Where(m => m.Groups[1].Value == language).Select(m => m.Groups[2].Value)];

    internal static string OnFreePort(string program) => program.Replace("12345", $"{FreePort()}", StringComparison.Ordinal);

    internal static int FreePort()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        return ((IPEndPoint)free.LocalEndpoint).Port;
    }

    /// <summary>The generators that every program with the package has: the one of contracts, and the framework's own for JSON.</summary>
    private static IEnumerable<ISourceGenerator> Generators
    {
        get
        {
            yield return new generators::JsonRpcLite.Generators.ContractGenerator().AsSourceGenerator();
            var packs = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "../../../packs/Microsoft.NETCore.App.Ref"));
            var file = Directory.GetFiles(packs, "System.Text.Json.SourceGeneration.dll", SearchOption.AllDirectories).Max()!;
            foreach (var generator in new AnalyzerFileReference(file, new Loader()).GetGenerators(LanguageNames.CSharp))
                yield return generator;
        }
    }

    internal static Assembly Compile(string program)
    {
        CSharpGeneratorDriver.Create(Generators, parseOptions: new CSharpParseOptions(LanguageVersion.Preview))
            .RunGeneratorsAndUpdateCompilation(MakeCompilation(program), out var compilation, out _);
        using var image = new MemoryStream();
        var result = compilation.Emit(image);

        result.Diagnostics.Where(d => d.Severity >= DiagnosticSeverity.Warning).Select(d => d.ToString()).Should().BeEmpty();
        return Assembly.Load(image.ToArray());
    }

    /// <param name="program">The program.</param>
    /// <param name="missing">A package that the program does not have, although it uses it; empty for none.</param>
    internal static CSharpCompilation MakeCompilation(string program, string missing = "")
    {
        const string ImplicitUsings = """
            global using System; global using System.IO; global using System.Linq; global using System.Net.Http;
            global using System.Threading; global using System.Threading.Tasks; global using System.Collections.Generic;
            """;
        // What Microsoft.NET.Sdk.Web adds.
        const string WebUsings = """
            global using System.Net.Http.Json; global using Microsoft.AspNetCore.Builder; global using Microsoft.AspNetCore.Hosting; global using Microsoft.AspNetCore.Http;
            global using Microsoft.AspNetCore.Routing; global using Microsoft.Extensions.Configuration; global using Microsoft.Extensions.DependencyInjection;
            global using Microsoft.Extensions.Hosting; global using Microsoft.Extensions.Logging;
            """;
        var options = new CSharpParseOptions(LanguageVersion.Preview);
        // A program that names packages has them; no other has more than a new console project.
        var hasTelemetry = program.Contains("using OpenTelemetry;", StringComparison.Ordinal);
        var isWeb = program.Contains("WebApplication", StringComparison.Ordinal);
        string[] hosting = ["using Microsoft.Extensions.", "Host.CreateApplicationBuilder", "UseRateLimit"];
        var hasHosting = isWeb || hosting.Any(word => program.Contains(word, StringComparison.Ordinal));
        string[] prefixes =
        [
            "System.", "netstandard.dll", "JsonRpcLite.dll", "JsonRpcLite.Sockets.dll", "JsonRpcLite.Http11.dll",
            .. hasTelemetry ? ["OpenTelemetry"] : Array.Empty<string>(),
            .. hasTelemetry || hasHosting ? ["Microsoft.Extensions."] : Array.Empty<string>(),
            .. hasHosting ? ["Microsoft.AspNetCore.", "Microsoft.Net.Http.", "JsonRpcLite.Hosting.dll", "JsonRpcLite.AspNetCore.dll", "Polly."] : Array.Empty<string>(),
        ];
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => prefixes.Any(prefix => Path.GetFileName(path).StartsWith(prefix, StringComparison.Ordinal)) && Path.GetFileName(path) != $"{missing}.dll")
            .Select(path => MetadataReference.CreateFromFile(path));
        return CSharpCompilation.Create(
            "Readme",
            [CSharpSyntaxTree.ParseText(program, options), CSharpSyntaxTree.ParseText(ImplicitUsings + (isWeb ? WebUsings : ""), options)],
            references,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
    }

    /// <summary>Runs the program's entry point; the process shares one console, so programs run one at a time.</summary>
    internal static string Run(Assembly program)
    {
        var console = Console.Out;
        using var output = new StringWriter();
        Console.SetOut(output);
        try
        {
            program.EntryPoint!.Invoke(null, program.EntryPoint.GetParameters().Length == 0 ? null : [Array.Empty<string>()]);
        }
        finally
        {
            Console.SetOut(console);
        }
        return output.ToString().TrimEnd();
    }

    private sealed class Loader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath)
        {
        }

        public Assembly LoadFromPath(string fullPath) => Assembly.LoadFrom(fullPath);
    }

    [GeneratedRegex(@"^```(\w+)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\]\(([^)#\s]*)#?([^)\s]*)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^```.*?^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeFence();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Punctuation();

    [GeneratedRegex("<a id=\"([^\"]+)\"")]
    private static partial Regex Id();
}
