using Microsoft.CodeAnalysis;

namespace JsonRpcLite.Generators.Tests;

/// <summary>Each mistake has a diagnostic at its location that names the fix; an error prevents the generator from writing anything.</summary>
public class DiagnosticTests
{
    /// <summary>The id, the text at its location, a part of its message, and the source.</summary>
    public static TheoryData<string, string, string, string> Mistakes => new()
    {
        { "JRL001", "IShop", "Write 'partial' before 'interface'", "[JsonRpcContract] public interface IShop { Task OpenAsync(); }" },
        { "JRL001", "Outer", "Write 'partial' before 'class'", "public class Outer { [JsonRpcContract] public partial interface IShop { Task OpenAsync(); } }" },
        { "JRL001", "Outer", "Write 'partial' before 'record struct'", "public record struct Outer { [JsonRpcContract] public partial interface IShop { Task OpenAsync(); } }" },
        { "JRL002", "IShop", "with the types filled in", "[JsonRpcContract] public partial interface IShop<T> { Task OpenAsync(); }" },
        { "JRL002", "Outer", "nested in a generic type", "public partial class Outer<T> { [JsonRpcContract] public partial interface IShop { Task OpenAsync(); } }" },
        { "JRL003", "Name", "'IShop.Name' is not a method", Contract("string Name { get; }") },
        { "JRL003", "this", "is not a method", Contract("string this[int index] { get; }") },
        { "JRL003", "Opened", "is not a method", Contract("event EventHandler Opened;") },
        { "JRL003", "Open", "is not a method", Contract("static abstract int Open();") },
        { "JRL004", "OpenAsync", "take a JsonElement", Contract("Task OpenAsync<T>(T value);") },
        { "JRL005", "Open", "have the name 'open' on the wire", Contract("Task OpenAsync(); Task<int> Open(int x);") },
        { "JRL005", "CloseAsync", "[JsonRpcName]", Contract("Task OpenAsync(); [JsonRpcName(\"open\")] Task CloseAsync();") },
        { "JRL005", "OpenAsync", "'first' and 'second'", Contract("Task OpenAsync([JsonRpcName(\"x\")] int first, [JsonRpcName(\"x\")] int second);") },
        { "JRL005", "OpenAsync", "'IBase.OpenAsync()'",
            "[JsonRpcContract] public partial interface IBase { Task OpenAsync(); } [JsonRpcContract] public partial interface IShop : IBase { new Task OpenAsync(); }" },
        { "JRL006", "key", "Take it by value", Contract("Task OpenAsync(ref int key);") },
        { "JRL006", "key", "Take it by value", Contract("Task OpenAsync(in int key);") },
        { "JRL006", "key", "Take it by value", Contract("Task OpenAsync(out int key);") },
        { "JRL006", "key", "ref struct", Contract("Task OpenAsync(Span<int> key);") },
        { "JRL006", "call", "a client has no call", Contract("Task OpenAsync(JsonRpcCall call);") },
        { "JRL006", "then", "a function cannot be sent", Contract("Task OpenAsync(Action then);") },
        { "JRL006", "body", "Use byte[]", Contract("Task OpenAsync(FileStream body);") },
        { "JRL006", "token", "write CancellationToken", Contract("Task OpenAsync(CancellationToken? token);") },
        { "JRL006", "before", "Take its result", Contract("Task OpenAsync(Task<int> before);") },
        { "JRL006", "rows", "Take a list", Contract("Task OpenAsync(IAsyncEnumerable<int> rows);") },
        { "JRL007", "OpenAsync", "Await the inner one", Contract("Task<Task> OpenAsync();") },
        { "JRL007", "OpenAsync", "Await the inner one", Contract("Task<Task<int>> OpenAsync();") },
        { "JRL007", "OpenAsync", "Await the inner one", Contract("ValueTask<ValueTask<int>> OpenAsync();") },
        { "JRL007", "OpenAsync", "Return the IAsyncEnumerable itself", Contract("Task<IAsyncEnumerable<int>> OpenAsync();") },
        { "JRL007", "Open", "ref struct", Contract("ReadOnlySpan<int> Open();") },
        { "JRL007", "Open", "Return the value", Contract("ref int Open();") },
        { "JRL007", "OpenAsync", "a function cannot be sent", Contract("Task<Func<int>> OpenAsync();") },
        { "JRL007", "Open", "IAsyncEnumerable of byte[]", Contract("Stream Open();") },
        { "JRL008", "OpenAsync", "Use a record", Contract("Task<(int A, int B)> OpenAsync();") },
        { "JRL008", "pair", "Use a record", Contract("Task OpenAsync((int, string) pair);") },
        { "JRL008", "pairs", "Use a record", Contract("Task OpenAsync(List<(int, string)[]> pairs);") },
        { "JRL008", "OpenAsync", "Use a record", Contract("IAsyncEnumerable<Tuple<int, int>> OpenAsync();") },
        { "JRL009", "OpenAsync", "has 2 parameters of the type CancellationToken", Contract("Task OpenAsync(CancellationToken a, CancellationToken b);") },
        { "JRL010", "OpenAsync", "never answered", Contract("[JsonRpcNotification] Task<int> OpenAsync();") },
        { "JRL010", "Open", "never answered", Contract("[JsonRpcNotification] int Open();") },
        { "JRL010", "OpenAsync", "never answered", Contract("[JsonRpcNotification] IAsyncEnumerable<int> OpenAsync();") },
        { "JRL011", "IShop", "declare what is needed", "[JsonRpcContract] public partial interface IShop : IDisposable { Task OpenAsync(); }" },
        { "JRL011", "IShop", "Mark it with [JsonRpcContract]", "public interface IBase { } [JsonRpcContract] public partial interface IShop : IBase { Task OpenAsync(); }" },
        { "JRL011", "IShop", "declare what is needed", "public interface IBase<T> { } [JsonRpcContract] public partial interface IShop : IBase<int> { Task OpenAsync(); }" },
        { "JRL006", "key", "is ref readonly", Contract("Task OpenAsync(ref readonly int key);") },
        { "JRL016", "IShop", "derives from JsonSerializerContext", "[JsonRpcContract(SerializerContext = typeof(string))] public partial interface IShop { Task OpenAsync(); }" },
        { "JRL016", "IShop", "derives from JsonSerializerContext", "[JsonRpcContract(SerializerContext = typeof(int[]))] public partial interface IShop { Task OpenAsync(); }" },
        { "JRL016", "IShop", "derives from JsonSerializerContext",
            "[JsonRpcContract(SerializerContext = typeof(System.Text.Json.Serialization.JsonSerializerContext))] public partial interface IShop { Task OpenAsync(); }" },
        { "JRL003", "P", "is not a method",
            "[JsonRpcContract] public partial interface IBase { int P { get; } } [JsonRpcContract] public partial interface IShop : IBase { Task OpenAsync(); }" },
        { "JRL012", "OpenAsync", "reserved", "[JsonRpcContract(\"rpc.\")] public partial interface IShop { Task OpenAsync(); }" },
        { "JRL012", "OpenAsync", "surrogate", Contract("[JsonRpcName(\"\\ud800\")] Task OpenAsync();") },
        { "JRL012", "x", "surrogate", Contract("Task OpenAsync([JsonRpcName(\"\\ud800\")] int x);") },
        { "JRL012", "OpenAsync", "is empty", Contract("[JsonRpcName(\"\")] Task OpenAsync();") },
        { "JRL013", "IShop", "file-local", "[JsonRpcContract] file partial interface IShop { Task OpenAsync(); }" },
        { "JRL014", "OpenAsync", "Declare at most one", Contract("Task OpenAsync(IProgress<int> a, IProgress<int> b);") },
        { "JRL014", "Open", "Return Task", Contract("int Open(IProgress<int> a);") },
        { "JRL014", "OpenAsync", "as items", Contract("IAsyncEnumerable<int> OpenAsync(IProgress<int> a);") },
        { "JRL014", "OpenAsync", "Remove [JsonRpcNotification]", Contract("[JsonRpcNotification] Task OpenAsync(IProgress<int> a);") },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_an_error_at_its_location_that_names_the_fix(string id, string text, string message, string source)
    {
        var compiled = Compiled.From(source);

        var found = compiled.Found.Where(f => f.Severity == DiagnosticSeverity.Error).ToList();
        found.Should().ContainSingle().Which.Id.Should().Be(id);
        compiled.TextOf(found[0]).Should().Be(text);
        found[0].GetMessage(System.Globalization.CultureInfo.InvariantCulture).Should().Contain(message);
        found[0].Descriptor.HelpLinkUri.Should().StartWith("https://").And.EndWith($"/blob/main/docs/contracts.md#{id.ToLowerInvariant()}");
        compiled.Generated.Where(g => g.Contains("interface IShop", StringComparison.Ordinal)).Should().BeEmpty();
    }

    [Fact]
    public void A_void_method_blocks_unless_it_is_a_notification()
    {
        var compiled = Compiled.From(Contract("void Open(); [JsonRpcNotification] void Close();"));

        var found = compiled.Found.Should().ContainSingle().Subject;
        (found.Id, found.Severity, compiled.TextOf(found)).Should().Be(("JRL015", DiagnosticSeverity.Info, "Open"));
        found.GetMessage(System.Globalization.CultureInfo.InvariantCulture).Should().Contain("[JsonRpcNotification]");
        compiled.Generated.Should().ContainSingle();
    }

    [Fact]
    public void A_base_contract_that_was_compiled_without_the_generator_is_reported()
    {
        using var image = new MemoryStream();
        Compiled.Compilation("[JsonRpcContract] public partial interface IBase { Task OpenAsync(); }", name: "Other").Emit(image).Success.Should().BeTrue();

        var compiled = Compiled.From("[JsonRpcContract] public partial interface IShop : IBase { Task CloseAsync(); }", more: [MetadataReference.CreateFromImage(image.ToArray())]);

        compiled.Found.Should().ContainSingle().Which.GetMessage(System.Globalization.CultureInfo.InvariantCulture).Should().Contain("without the generator");
    }

    [Fact]
    public void A_type_that_the_named_context_does_not_have_is_reported()
    {
        const string source = """
            using System.Text.Json.Serialization;
            [JsonRpcContract(SerializerContext = typeof(ShopContext))]
            public partial interface IShop
            {
                Task<Receipt> PlaceAsync(Order order, int count, Guid id, DateOnly? day, string? text, byte[] bytes);
                IAsyncEnumerable<Line> LinesAsync(Held held, Ignored ignored, Item item, SystemMonitor.Deep deep, List<Line> known, Line[] unknown, IProgress<Done> progress2);
            }
            public record Order(Line First) { [JsonInclude] public Held Field; [JsonIgnore] public Ignored No => null!; public Basket Basket => null!; }
            public record Held(int A); public record Ignored(int A); public class Basket : List<Item> { } public record Item(SystemMonitor.Load Load);
            namespace SystemMonitor { public record Load(Deep Deep); public record Deep(int A); }
            public record Line(string Item);
            public record Receipt(decimal Total);
            public record Done(int Count);
            [JsonSerializable(typeof(Order)), JsonSerializable(typeof(List<Line>))]
            public partial class ShopContext : JsonSerializerContext { }
            """;

        var found = Compiled.From(source.Replace("IAsyncEnumerable<Line>", "Task<Line>", StringComparison.Ordinal)).Found;

        found.Should().OnlyContain(f => f.Id == "JRL020" && f.Severity == DiagnosticSeverity.Warning);
        found.Select(f => f.GetMessage(System.Globalization.CultureInfo.InvariantCulture)).Should().BeEquivalentTo(
            "The type Receipt is not in ShopContext. Add [JsonSerializable(typeof(Receipt))] to ShopContext.",
            "The type Ignored is not in ShopContext. Add [JsonSerializable(typeof(Ignored))] to ShopContext.",
            "The type Line[] is not in ShopContext. Add [JsonSerializable(typeof(Line[]))] to ShopContext.",
            "The type Done is not in ShopContext. Add [JsonSerializable(typeof(Done))] to ShopContext.");
    }

    [Theory]
    [InlineData("PublishTrimmed")]
    [InlineData("PublishAot")]
    [InlineData("IsTrimmable")]
    [InlineData("IsAotCompatible")]
    public void A_trimmed_program_gets_a_warning_that_it_needs_a_context(string property)
    {
        var source = Contract("Task<Order> PlaceAsync(Order? order, int count, Line[] lines); Task<double> CountAsync(long[] numbers);")
            + " public record Order(int A); public record Line(int A);";

        var found = Compiled.From(source, property: property).Found.Should().ContainSingle().Subject;

        (found.Id, found.Severity).Should().Be(("JRL021", DiagnosticSeverity.Warning));
        found.GetMessage(System.Globalization.CultureInfo.InvariantCulture).Should().Contain("the contract IShop needs a JsonSerializerContext for Order, Line[], long[].");
        Compiled.From(source).Found.Should().BeEmpty("with reflection nothing is needed");
        Compiled.From(Contract("Task<int> CountAsync(string a, JsonRpcIdempotency? b = null);")
            .Replace(", JsonRpcIdempotency? b = null", "", StringComparison.Ordinal), property: property).Found.Should().BeEmpty("those are known");
    }

    [Theory]
    [InlineData("[|await batch.CallAsync<int>(\"sum\")|];")]
    [InlineData("[|await batch.CallAsync<int>(\"sum\").ConfigureAwait(false)|];")]
    [InlineData("[|await batch.As<IShop>().OpenAsync()|];")]
    [InlineData("var shop = batch.As<IShop>(); [|await shop.OpenAsync()|];")]
    [InlineData("IShop shop = batch.As<IShop>(); [|await shop.OpenAsync()|];")]
    public void A_call_of_a_batch_that_is_awaited_at_once_is_reported(string statement)
    {
        var compiled = FromBody(statement);

        var found = compiled.Found.Should().ContainSingle().Subject;
        found.Id.Should().Be("JRL030");
        compiled.TextOf(found).Should().Be(statement[(statement.IndexOf("[|", StringComparison.Ordinal) + 2)..statement.IndexOf("|]", StringComparison.Ordinal)]);
    }

    [Theory]
    [InlineData("var sum = batch.CallAsync<int>(\"sum\"); await batch.SendAsync(); await sum;")]
    [InlineData("await client.As<IShop>().OpenAsync();")]
    [InlineData("await batch.As<IShop>().LogAsync();")]
    [InlineData("var open = batch.As<IShop>().OpenAsync(); await batch.SendAsync(); await open;")]
    [InlineData("await client.CallAsync<int>(\"sum\");")]
    [InlineData("var shop = batch.As<IShop>(); shop = client.As<IShop>(); await shop.OpenAsync();")]
    [InlineData("await batch.As<IShop>().HelpAsync();")]
    public void Other_awaits_are_not_reported(string statement) => FromBody(statement).Found.Should().BeEmpty();

    private static Compiled FromBody(string statement)
    {
        var compiled = Compiled.From($$"""
            [JsonRpcContract] public partial interface IShop { Task OpenAsync(); [JsonRpcNotification] Task LogAsync(); Task HelpAsync() => Task.CompletedTask; }
            public class User { public static async Task RunAsync(JsonRpcClient client, JsonRpcBatch batch) { {{statement.Replace("[|", "", StringComparison.Ordinal).Replace("|]", "", StringComparison.Ordinal)}} } }
            """);
        compiled.Complaints.Should().BeEmpty();
        return compiled;
    }

    private static string Contract(string members) => $"[JsonRpcContract] public partial interface IShop {{ {members} }}";
}
