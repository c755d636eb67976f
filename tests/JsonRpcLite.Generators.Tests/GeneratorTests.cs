extern alias generators;

using System.Text.Json.Nodes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using generators::JsonRpcLite.Generators;

namespace JsonRpcLite.Generators.Tests;

/// <summary>Generated code compiles without a warning, for odd sources too, and is generated again only if the contract changes.</summary>
public class GeneratorTests
{
    /// <summary>Sources whose names could break generated code.</summary>
    public static TheoryData<string> OddSources =>
    [
        "[JsonRpcContract] public partial interface IEmpty { }",
        "namespace @class.@event { [JsonRpcContract] public partial interface @interface { Task @void(int @int, string @record, @class @this); } public record @class(int A); }",
        "namespace A { [JsonRpcContract] public partial interface IShop { Task OpenAsync(); } } namespace B { [JsonRpcContract] public partial interface IShop { Task OpenAsync(); } }",
        "[JsonRpcContract] public partial interface IShop { Task OpenAsync(); } [JsonRpcContract] public partial interface Ishop { Task OpenAsync(); }",
        "namespace A { public partial class Outer { partial record Inner { partial struct Deep { partial interface IDeeper { [JsonRpcContract] internal partial interface IShop { Task OpenAsync(); } } } } } }",
        "public partial record struct Outer { [JsonRpcContract] private partial interface IShop { Task OpenAsync(); } }",
        "[JsonRpcContract] internal partial interface IShop { Task OpenAsync(); }",
        "[JsonRpcContract] public partial interface IShop { Task OpenAsync(); } public partial interface IShop { Task CloseAsync(); }",
        "[JsonRpcContract] public partial interface IShop { Task<int> Async(); Task<int> A(); int X1(); Task<int> Channel(int channel, int _channel, int writer, int proxy, int arguments, int call, int service, int binder, int methods, int cancellationToken, int result); }",
        "[JsonRpcContract] public partial interface IShop { Task<dynamic> OpenAsync(dynamic value, object? other, params int[] rest); }",
        "[JsonRpcContract] public partial interface IShop { [Hidden] Task<int> OpenAsync(int Call0, int Write0, [System.Runtime.InteropServices.Optional, System.Runtime.CompilerServices.DateTimeConstant(123)] DateTime time, dynamic? x = null); } file class HiddenAttribute : Attribute { }",
        "[JsonRpcContract] public partial interface IShop { Task OpenAsync(int? a, int[]? b, string?[] c, Dictionary<string, List<int?>?> d, nint e, Guid f = default, DateTime g = default); }",
        "#nullable disable\n[JsonRpcContract] public partial interface IShop { Task<string> OpenAsync(string a, string b = null); }",
        "[JsonRpcContract(\"\\\"\\\\ 😀\\n\")] public partial interface IShop { [JsonRpcName(\"{0}\\t\\u2028\")] Task OpenAsync([JsonRpcName(\"a \\\"b\\\"\")] int a); }",
        "[JsonRpcContract] public partial interface IShop { Task<int> OpenAsync(int a1, int a2, int a3, int a4, int a5, int a6, int a7, int a8, int a9, int a10, int a11, int a12, int a13, int a14, int a15, int a16, int a17); }",
        "[JsonRpcContract] public partial interface IShop { static int Count => 3; static void Help() { } int Twice(int x) => 2 * x; const int Most = 3; enum Kind { A } record Item(Kind Kind); Task<Item> OpenAsync(Kind kind = Kind.A); }",
        "[JsonRpcContract] public partial interface IA : IB, IC { } [JsonRpcContract(\"b.\")] public partial interface IB : ID { } [JsonRpcContract(\"c.\")] public partial interface IC : ID { } [JsonRpcContract(\"d.\")] public partial interface ID { Task OpenAsync(int @class); }",
        "[JsonRpcContract] public partial interface IShop { Task<int> RunAsync(IProgress<int> progress, CancellationToken token, int value); ValueTask RunTooAsync(int a, IProgress<string?>? b); ValueTask<int?> ThirdAsync(IProgress<List<int>> c); }",
        "[JsonRpcContract] public partial interface IShop { [JsonRpcNotification] ValueTask LogAsync(string line); [JsonRpcNotification] Task NoteAsync(CancellationToken token = default); [JsonRpcNotification] void Drop(); }",
        "[JsonRpcContract] public partial interface IShop { [Odd(typeof(List<>), new[] { 1, 2 }, 'x', Kind.B, null, Text = \"a\", More = -1L)] Task OpenAsync([Odd(typeof(int[]), new int[0], '\\'', (Kind)(-7), \"\")] int a); } public enum Kind { A, B } [AttributeUsage(AttributeTargets.All)] public class OddAttribute : Attribute { public OddAttribute(Type type, int[] numbers, char letter, Kind kind, string? nothing) { } public string? Text { get; set; } public long More; }",
        "/// <summary>Outer</summary>\n[JsonRpcContract] public partial interface IShop { [Obsolete(\"Use other.\")] Task OpenAsync(int a); }",
        "[JsonRpcContract] public partial interface IShop : IBase { [Obsolete(\"Use other.\", error: true)] Task OpenAsync(int a); } [JsonRpcContract] public partial interface IBase { [Obsolete(\"Use other.\", error: true)] Task CloseAsync(int a); }",
        "[JsonRpcContract] public partial interface IShop { enum JsonRpcProxy { A } static int JsonRpcServerCode => 1; Task OpenAsync(JsonRpcProxy value); }",
        "[JsonRpcContract] public partial interface JsonRpcProxy { Task JsonRpcServerCode(); Task Call0(); Task Contract(); }",
        "[JsonRpcContract] public partial interface IShop { Task OpenAsync(List<dynamic> a, dynamic[] b, dynamic? c = null); Task<Dictionary<string, dynamic?>> ReadAsync(); }",
    ];

    [Theory]
    [MemberData(nameof(OddSources))]
    public void Generated_code_compiles_without_a_warning(string source)
    {
        var compiled = Compiled.From(source);

        compiled.Complaints.Should().BeEmpty();
        compiled.Found.Where(f => f.Severity >= DiagnosticSeverity.Warning).Should().BeEmpty();
        compiled.Generated.Should().NotBeEmpty();
    }

    [Theory]
    [InlineData("Task OpenAsync();", "calc.open")]
    [InlineData("Task Open();", "calc.open")]
    [InlineData("Task OPENAsync();", "calc.oPEN")]
    [InlineData("Task OpenAsyncAsync();", "calc.openAsync")]
    [InlineData("Task Async();", "calc.async")]
    [InlineData("Task Ärger();", "calc.ärger")]
    [InlineData("[JsonRpcName(\"log.write\")] Task OpenAsync();", "calc.log.write")]
    public void The_name_on_the_wire_comes_from_the_name_in_the_source(string member, string name) =>
        Compiled.From($"[JsonRpcContract(\"calc.\")] public partial interface IShop {{ {member} }}").Generated.Single().Should().Contain($"[\"{name}\", ");

    /// <summary>Callers and documents see the numbers, so they are read back from a server's document.</summary>
    [Fact]
    public async Task A_default_value_is_the_one_of_the_source()
    {
        const string source = """
            [JsonRpcContract]
            public partial interface IShop
            {
                Task OpenAsync(bool a = true, byte b = 255, sbyte c = -1, short d = -2, ushort e = 3, int f = int.MinValue, uint g = uint.MaxValue, long h = long.MinValue, ulong i = ulong.MaxValue,
                    float j = 1.5f, double k = -1e300, decimal l = 1.10m, char m = '\'', string n = "a \"b\" \\ \n", Kind o = Kind.B, Kind? p = Kind.B, int? q = 7, string? r = null, int? s = null, Guid t = default);
            }
            public enum Kind { A, B = 5 }
            public static class Maker { public static JsonRpcMethods Make() => new JsonRpcMethods().AddService<IShop>(_ => null!); }
            """;
        var methods = (JsonRpcMethods)Compiled.From(source).Load().GetType("Maker")!.GetMethod("Make")!.Invoke(null, null)!;

        var transport = new InMemoryTransport();
        using var server = JsonRpc.MakeServer(0, methods, new() { Transport = transport });
        using var client = JsonRpc.MakeClient(server.Address, new() { Transport = transport.CreateClient() });
        var parameters = (await client.CallAsync("rpc.discover"))!["methods"]![0]!["params"]!.AsArray();

        parameters.Should().OnlyContain(p => !p!["required"]!.GetValue<bool>());
        string.Join(" ", parameters.Select(p => p!["schema"]!["default"]?.ToJsonString() ?? "-"))
            .Should().Be("true 255 -1 -2 3 -2147483648 4294967295 -9223372036854775808 18446744073709551615 1.5 -1E+300 1.10 \"\\u0027\" \"a \\u0022b\\u0022 \\\\ \\n\" \"b\" \"b\" 7 - - \"00000000-0000-0000-0000-000000000000\"");
    }

    [Theory]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(97)]
    public async Task Each_of_many_methods_is_the_one_that_is_called(int count)
    {
        var numbers = Enumerable.Range(0, count).ToList();
        var source = $$"""
            [JsonRpcContract]
            public partial interface IMany { {{string.Join(" ", numbers.Select(i => $"Task<int> M{i}(int add);"))}} }
            public sealed class Many : IMany { {{string.Join(" ", numbers.Select(i => $"public Task<int> M{i}(int add) => Task.FromResult({i} + add);"))}} }
            public static class Maker { public static JsonRpcMethods Make() => new JsonRpcMethods().AddService<IMany>(new Many()); }
            """;
        var methods = (JsonRpcMethods)Compiled.From(source).Load().GetType("Maker")!.GetMethod("Make")!.Invoke(null, null)!;
        var transport = new InMemoryTransport();
        using var server = JsonRpc.MakeServer(0, methods, new() { Transport = transport });
        using var client = JsonRpc.MakeClient(server.Address, new() { Transport = transport.CreateClient() });

        foreach (var i in numbers)
            (await client.CallAsync<int>($"m{i}", new { add = 1000 })).Should().Be(1000 + i);
    }

    [Theory]
    [InlineData(DocumentationMode.None)]
    [InlineData(DocumentationMode.Parse)]
    [InlineData(DocumentationMode.Diagnose)]
    public void The_text_of_a_comment_does_not_depend_on_a_documentation_file(DocumentationMode mode)
    {
        const string source = """
            /// <summary>Not this.</summary>
            [JsonRpcContract]
            public partial interface IShop
            {
                // An ordinary comment.
                /// <summary>
                /// Opens &lt;it&gt; with <paramref name="key"/>,
                /// see <see cref="CloseAsync"/>.
                /// </summary>
                /// <param name="key">The "key".</param>
                /// <returns>How often.</returns>
                Task<int> OpenAsync(string key);

                /** <summary>Closes
                 * it.</summary> */
                Task CloseAsync();

            #if false
                /// <summary>Switched off.</summary>
                Task OffAsync();
            #endif
                /// <summary>On.</summary>
                Task OnAsync();

                /// <summary>Malformed
                Task BreakAsync();
            }
            """;

        var generated = Compiled.From(source, mode).Generated.Single();

        generated.Should().Contain("\"summary\": \"Opens <it> with key, see CloseAsync.\"").And.Contain("\"key\": \"The \\\"key\\\".\"").And.Contain("\"result\": \"How often.\"")
            .And.Contain("\"summary\": \"Closes it.\"");
        generated.Should().NotContain("Not this").And.NotContain("Malformed").And.NotContain("ordinary").And.NotContain("Switched off").And.Contain("\"summary\": \"On.\"");
    }

    [Fact]
    public void An_edit_elsewhere_regenerates_nothing()
    {
        const string source = "[JsonRpcContract] public partial interface IShop { Task<int> OpenAsync(int key = 3); }";
        var first = Compiled.Compilation(source);
        var driver = Compiled.Driver().RunGenerators(first);

        // Above the contract in its own file, so that every location in it moves, and in the body of a helper inside.
        var edited = Compiled.Compilation("public class Unrelated { } \n" + source);
        driver = driver.RunGenerators(edited);
        Reasons(driver).Should().OnlyContain(reason => reason == IncrementalStepRunReason.Unchanged || reason == IncrementalStepRunReason.Cached);

        driver = driver.RunGenerators(Compiled.Compilation(source.Replace("= 3", "= 4", StringComparison.Ordinal)));
        Reasons(driver).Should().Contain(IncrementalStepRunReason.Modified);
    }

    [Fact]
    public void A_contract_with_an_error_does_not_prevent_the_code_of_others()
    {
        var compiled = Compiled.From(
            "[JsonRpcContract] public partial interface IBad { int Name { get; } } [JsonRpcContract] public partial interface IGood { Task OpenAsync(); }");

        compiled.Generated.Should().ContainSingle().Which.Should().Contain("partial interface IGood");
    }

    /// <summary>Both lists name the types that need no context; a type in only one of them causes a false warning, or a missing one.</summary>
    [Fact]
    public void The_known_types_are_those_that_the_core_resolves_alone()
    {
        var options = new System.Text.Json.JsonSerializerOptions { TypeInfoResolver = System.Text.Json.Serialization.Metadata.JsonTypeInfoResolver.Combine() };
        var serializer = JsonRpcSerializer.For(options);
        var types = KnownTypes.Names.Select(name => Type.GetType(name) ?? typeof(JsonNode).Assembly.GetType(name)
            ?? typeof(System.Numerics.BigInteger).Assembly.GetType(name) ?? typeof(Uri).Assembly.GetType(name)!).Append(typeof(byte[])).ToList();

        types.Should().NotContainNulls();
        foreach (var type in types)
        {
            serializer.Invoking(s => s.TypeOf(type)).Should().NotThrow();
            if (type.IsValueType)
                serializer.Invoking(s => s.TypeOf(typeof(Nullable<>).MakeGenericType(type))).Should().NotThrow();
        }
        SimpleTypeResolver.Types.Where(t => Nullable.GetUnderlyingType(t) is null).Should().BeEquivalentTo(types);
    }

    private static IEnumerable<IncrementalStepRunReason> Reasons(GeneratorDriver driver)
    {
        var result = driver.GetRunResult().Results.Single();
        return result.TrackedSteps[ContractGenerator.ContractStep].Concat(result.TrackedOutputSteps.SelectMany(s => s.Value)).SelectMany(step => step.Outputs)
            .Select(output => output.Reason);
    }
}
