extern alias generators;

using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using generators::JsonRpcLite.Generators;

namespace JsonRpcLite.Generators.Tests;

/// <summary>A source, compiled with the generator and the analyzers.</summary>
internal sealed class Compiled
{
    private static readonly MetadataReference[] References =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path))];

    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using JsonRpcLite;
        """;

    private Compiled(Compilation output, GeneratorDriverRunResult run, ImmutableArray<Diagnostic> found, string source)
    {
        Output = output;
        Run = run;
        Found = found;
        Source = source;
    }

    public Compilation Output { get; }

    public GeneratorDriverRunResult Run { get; }

    /// <summary>The diagnostics of the analyzers.</summary>
    public ImmutableArray<Diagnostic> Found { get; }

    public string Source { get; }

    /// <summary>The generated files.</summary>
    public IReadOnlyList<string> Generated => [.. Run.GeneratedTrees.Select(t => t.ToString())];

    /// <summary>Errors and warnings of the compiler itself.</summary>
    public IReadOnlyList<string> Complaints => [.. Output.GetDiagnostics().Where(d => d.Severity >= DiagnosticSeverity.Warning).Select(d => d.ToString())];

    public static CSharpCompilation Compilation(
        string source, DocumentationMode documentation = DocumentationMode.Parse, string name = "Tested", params IEnumerable<MetadataReference> more)
    {
        var parse = new CSharpParseOptions(LanguageVersion.Latest, documentation);
        return CSharpCompilation.Create(
            name,
            [CSharpSyntaxTree.ParseText(Usings, parse, "Usings.cs"), CSharpSyntaxTree.ParseText(source, parse, "Source.cs")],
            [.. References, .. more],
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, warningLevel: 9999));
    }

    public static GeneratorDriver Driver(DocumentationMode documentation = DocumentationMode.Parse) => CSharpGeneratorDriver.Create(
        [new ContractGenerator().AsSourceGenerator()],
        parseOptions: new CSharpParseOptions(LanguageVersion.Latest, documentation),
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    public static Compiled From(string source, DocumentationMode documentation = DocumentationMode.Parse, string? property = null, params IEnumerable<MetadataReference> more)
    {
        var driver = Driver(documentation).RunGeneratorsAndUpdateCompilation(Compilation(source, documentation, more: more), out var output, out _);
        var options = new AnalyzerOptions([], new Properties(property));
        var found = output.WithAnalyzers([new ContractAnalyzer(), new BatchAwaitAnalyzer()], options).GetAnalyzerDiagnosticsAsync().GetAwaiter().GetResult();
        return new Compiled(output, driver.GetRunResult(), found, source);
    }

    /// <summary>The text at the location of a diagnostic.</summary>
    public string TextOf(Diagnostic found) => found.Location.SourceTree!.GetText().ToString(found.Location.SourceSpan);

    /// <summary>The compiled assembly; fails on an error or a warning of the compiler.</summary>
    public Assembly Load()
    {
        Complaints.Should().BeEmpty();
        using var image = new MemoryStream();
        Output.Emit(image).Success.Should().BeTrue();
        image.Position = 0;
        return new AssemblyLoadContext(null, isCollectible: true).LoadFromStream(image);
    }

    /// <summary>The compiler options of a project file.</summary>
    private sealed class Properties(string? set) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Values(set);

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => GlobalOptions;

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => GlobalOptions;

        private sealed class Values(string? set) : AnalyzerConfigOptions
        {
            public override bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? value)
            {
                value = set is not null && key == $"build_property.{set}" ? "true" : null;
                return value is not null;
            }
        }
    }
}
