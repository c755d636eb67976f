using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Reflection.Emit;
using System.Text.Json.Nodes;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Tests;

/// <summary>
/// How a server describes itself: rpc.discover, and the schema of a plain function. The tests of the page check with OpenRPC's own schema that the whole is an OpenRPC document.
/// </summary>
public class DiscoveryTests
{
    private enum Size
    {
        Small,
        Large = 5,
    }

    [Fact]
    public void The_document_names_the_server_and_its_address()
    {
        var document = Discover(_ => { }, options => (options.Discovery.Title, options.Discovery.Version) = ("Shop", "2.1"));

        document["openrpc"].Should().BeJson("\"1.4.0\"");
        document["info"].Should().BeJson("""{"title":"Shop","version":"2.1"}""");
        document["servers"]![0]!["url"]!.GetValue<string>().Should().StartWith("http://");
    }

    [Fact]
    public void The_default_title_is_that_of_the_program()
    {
        var info = Discover(_ => { })["info"]!;

        info["title"]!.GetValue<string>().Should().Be(Assembly.GetEntryAssembly()!.GetName().Name);
        info["version"]!.GetValue<string>().Should().MatchRegex(@"^\d+\.\d+").And.NotContain("+");
    }

    [Theory]
    [InlineData(null, "2.1.0-beta.3+6b1f", "2.1.0-beta.3")]
    [InlineData(null, "1.0.1", "1.0.1")]
    [InlineData(null, "1.0.0+6b1f", "0.0.0")]
    [InlineData(null, "1.0.0", "0.0.0")]
    [InlineData(null, null, "0.0.0")]
    [InlineData("1.0.0", "1.0.0", "1.0.0")]
    [InlineData("3", "2.1.0", "3")]
    public void The_default_version_of_a_project_does_not_count_as_a_version(string? option, string? ofProgram, string expected)
    {
        var options = new JsonRpcServerOptions { Discovery = { Version = option } };
        var program = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("Program") { Version = new(1, 0, 0, 0) }, AssemblyBuilderAccess.Run);
        if (ofProgram is not null)
            program.SetCustomAttribute(new(typeof(AssemblyInformationalVersionAttribute).GetConstructor([typeof(string)])!, [ofProgram]));

        ((JsonNode)ServerTitle.Of(options.Discovery, program)).Should().BeJson($$"""{"title":"Program","version":"{{expected}}"}""");
    }

    [Fact]
    public void Methods_are_listed_in_the_order_of_their_registration()
    {
        var document = Discover(m => m.Add("b", () => 1).Add("a", () => 1).AddHandler("c", (int[] x) => x.Length));

        document["methods"]!.AsArray().Select(m => m!["name"]!.GetValue<string>()).Should().Equal("b", "a", "c");
    }

    [Fact]
    public void Parameters_are_listed_with_name_schema_and_default()
    {
        var method = Method(m => m.Add("m", (int count, string? note, CancellationToken token, JsonRpcCall call, decimal price = 2.50m) => count * price));

        method["paramStructure"].Should().BeJson("\"either\"");
        method["params"].Should().BeJson("""
            [{"name":"count","required":true,"schema":{"type":"integer","minimum":-2147483648,"maximum":2147483647}},
             {"name":"note","required":true,"schema":{"type":["string","null"]}},
             {"name":"price","required":false,"schema":{"type":"number","default":2.50}}]
            """);
        method["result"].Should().BeJson("""{"name":"result","schema":{"type":"number"}}""");
    }

    [Fact]
    public void A_parameter_is_described_under_the_name_that_its_attribute_gives()
    {
        var method = Method(m => m.Add("m", ([JsonRpcName("class")] string kind) => kind).Describe("m", new() { Parameters = { ["class"] = "What sort." } }));

        method["params"].Should().BeJson("""[{"name":"class","description":"What sort.","required":true,"schema":{"type":"string"}}]""");
    }

    [Theory]
    [InlineData("text", """{"type":"string"}""")]
    [InlineData("maybe", """{"type":["string","null"]}""")]
    [InlineData("later", """{"type":"integer","minimum":-2147483648,"maximum":2147483647}""")]
    [InlineData("maybe later", """{"type":["string","null"]}""")]
    [InlineData("sometime", """{"type":"string"}""")]
    [InlineData("nothing", """{"type":"null"}""")]
    [InlineData("nothing later", """{"type":"null"}""")]
    [InlineData("anything", "true")]
    [InlineData("raw", "true")]
    public void The_result_is_what_the_function_returns_now_or_later(string name, string schema)
    {
        var document = Discover(m => m
            .Add("text", string () => "")
            .Add("maybe", string? () => null)
            .Add("later", () => Task.FromResult(1))
            .Add("maybe later", () => Task.FromResult<string?>(null))
            .Add("sometime", ValueTask<string> () => ValueTask.FromResult(""))
            .Add("nothing", () => { })
            .AddHandler("nothing later", (int[] _) => Task.CompletedTask)
            .Add("anything", (JsonNode? x) => x)
            .Add("raw", (call, token) => default));

        document["methods"]!.AsArray().Single(m => m!["name"]!.GetValue<string>() == name)!["result"]!["schema"].Should().BeJson(schema);
    }

    [Fact]
    public void A_method_that_streams_declares_its_item_and_a_result_that_is_a_list()
    {
        var method = Method(m => m.Add("rows", static (int to, CancellationToken token) => RowsAsync(to)));

        method["x-stream"]
            .Should().BeJson("""{"item":{"type":"object","properties":{"number":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"name":{"type":"string"}},"required":["number","name"]}}""");
        method["result"].Should().BeJson("""
            {"name":"result","schema":{"type":"array","items":{"type":"object",
             "properties":{"number":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"name":{"type":"string"}},"required":["number","name"]}}}
            """);
        method.ContainsKey("x-progress").Should().BeFalse();
        method["params"]!.AsArray().Should().ContainSingle();
    }

    [Fact]
    public void A_method_that_streams_and_takes_its_parameters_whole_declares_its_item()
    {
        var method = Method(m => m.AddHandler("letters", static (string[] words) => LettersAsync(words)));

        method["x-stream"].Should().BeJson("""{"item":{"type":"string"}}""");
        method["result"].Should().BeJson("""{"name":"result","schema":{"type":"array","items":{"type":"string"}}}""");
        method.ContainsKey("x-progress").Should().BeFalse();
    }

    [Fact]
    public void A_method_that_reports_progress_declares_the_value_and_has_no_parameter_for_it()
    {
        var method = Method(m => m.Add("import", static (string file, IProgress<Done> progress) => Task.FromResult(file.Length)));

        method["x-progress"].Should().BeJson("""{"value":{"type":"object","properties":{"percent":{"type":"number"}},"required":["percent"]}}""");
        method["params"].Should().BeJson("""[{"name":"file","required":true,"schema":{"type":"string"}}]""");
        method["result"].Should().BeJson("""{"name":"result","schema":{"type":"integer","minimum":-2147483648,"maximum":2147483647}}""");
        method.ContainsKey("x-stream").Should().BeFalse();
    }

    [Fact]
    public void A_method_declares_how_often_it_may_run()
    {
        var safe = Method(m => m.Add("find", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)] static () => 1));
        var idempotent = Method(m => m.Add("set", static () => 1).Describe("set", new() { Idempotency = JsonRpcIdempotency.Idempotent }));
        var described = Method(
            m => m.Add("set", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)] static () => 1).Describe("set", new() { Idempotency = JsonRpcIdempotency.None }));
        var keyed = Method(m => m.UseIdempotency(new MemoryIdempotencyStore()).Add("place", [JsonRpcMethod(RequiresIdempotencyKey = true)] static () => 1));

        safe["x-idempotency"].Should().BeJson("\"safe\"");
        idempotent["x-idempotency"].Should().BeJson("\"idempotent\"");
        described.ContainsKey("x-idempotency").Should().BeFalse();
        keyed["x-idempotency-key"].Should().BeJson("\"required\"");
        safe.ContainsKey("x-idempotency-key").Should().BeFalse();
    }

    [Fact]
    public void An_ordinary_method_declares_neither_a_stream_nor_progress()
    {
        var method = Method(m => m.Add("list", static () => new List<int>()));

        method.Select(member => member.Key).Should().NotContain(["x-stream", "x-progress"]);
    }

    [Fact]
    public void A_recursive_item_refers_to_an_existing_schema()
    {
        var document = Discover(m => m.Add("trees", static () => TreesAsync()));

        Pointers(document).Should().NotBeEmpty().And.OnlyContain(pointer => Find(document, pointer) != null);
        Pointers(document["methods"]![0]!["x-stream"]).Should().NotBeEmpty().And.OnlyContain(pointer => pointer.StartsWith("#/methods/0/x-stream/item", StringComparison.Ordinal));
    }

    [Fact]
    public void Parameters_taken_whole_are_described_by_name_and_as_one_schema()
    {
        var method = Method(m => m.AddHandler("m", (Order order) => order.Count));

        method["paramStructure"].Should().BeJson("\"by-name\"");
        method["params"]!.AsArray().Select(p => (p!["name"]!.GetValue<string>(), p["required"]!.GetValue<bool>()))
            .Should().Equal(("item", true), ("count", true), ("note", false), ("size", false));
        method["params"]![1]!["description"].Should().BeJson("\"How many.\"");
        method["x-params"]!["required"].Should().BeJson("""["item","count"]""");
        method["x-params"]!["type"].Should().BeJson("\"object\"");
    }

    [Fact]
    public void Parameters_taken_as_a_list_are_described_as_one_schema()
    {
        var method = Method(m => m.AddHandler("m", (decimal[] numbers) => numbers.Sum()));

        method["paramStructure"].Should().BeJson("\"by-position\"");
        method["params"].Should().BeJson("""[{"name":"item","description":"Any number of these, one after another.","required":false,"schema":{"type":"number"}}]""");
        method["x-params"].Should().BeJson("""{"type":"array","items":{"type":"number"}}""");
    }

    [Fact]
    public void Parameters_taken_under_any_names_are_described_as_one_schema()
    {
        var method = Method(m => m.AddHandler("m", (Dictionary<Size, decimal> prices) => prices.Count));

        method["paramStructure"].Should().BeJson("\"by-name\"");
        method["params"].Should().BeJson("""[{"name":"name","description":"Any number of these, each under a name of its own.","required":false,"schema":{"type":"number"}}]""");
        method["x-params"].Should().BeJson("""{"type":"object","additionalProperties":{"type":"number"},"propertyNames":{"enum":["small","large"]}}""");
    }

    [Fact]
    public void Parameters_of_several_types_are_described_with_the_names_of_all()
    {
        var method = Method(m => m.AddHandler("m", (Shape shape) => shape.Name));

        method["paramStructure"].Should().BeJson("\"by-name\"");
        method["params"]!.AsArray().Select(p => (p!["name"]!.GetValue<string>(), p["required"]!.GetValue<bool>()))
            .Should().BeEquivalentTo([("$type", true), ("radius", false), ("side", false), ("name", true)]);
        method["params"]!.AsArray().Single(p => p!["name"]!.GetValue<string>() == "$type")!["schema"].Should().BeJson("""{"enum":["circle","square"]}""");
    }

    [Fact]
    public void Attributes_of_data_describe_parameters_and_properties()
    {
        var method = Method(m => m.Add("m", (
            [Range(1, 5)] int range,
            [Range(typeof(decimal), "0.5", "1.5", MaximumIsExclusive = true)] decimal text,
            [Range(-5, 1000)] byte narrow,
            [StringLength(10, MinimumLength = 2)] string length,
            [Length(1, 3)] int[] list,
            [MinLength(1), MaxLength(2)] Dictionary<string, bool> map,
            [Required] string? required,
            [RegularExpression("[a-z]+")] string expression,
            [EmailAddress] string mail,
            [Url] string url,
            [Base64String] string bytes,
            [AllowedValues("a", "b", null)] string? allowed,
            [DeniedValues(1, 2)] long denied) => 1));

        string Schema(string name) => method["params"]!.AsArray().Single(p => p!["name"]!.GetValue<string>() == name)!["schema"]!.ToJsonString(
            new(System.Text.Json.JsonSerializerDefaults.Web) { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        Schema("range").Should().Be("""{"type":"integer","minimum":1,"maximum":5}""");
        Schema("text").Should().Be("""{"type":"number","minimum":0.5,"exclusiveMaximum":1.5}""");
        Schema("narrow").Should().Be("""{"type":"integer","minimum":0,"maximum":255}""");
        Schema("length").Should().Be("""{"type":"string","minLength":2,"maxLength":10}""");
        Schema("list").Should().EndWith("""},"minItems":1,"maxItems":3}""");
        Schema("map").Should().EndWith("""},"minProperties":1,"maxProperties":2}""");
        Schema("required").Should().Be("""{"type":"string","minLength":1}""");
        Schema("expression").Should().Be("""{"type":"string","pattern":"^(?:[a-z]+)$"}""");
        Schema("mail").Should().Be("""{"type":"string","format":"email"}""");
        Schema("url").Should().Be("""{"type":"string","format":"uri"}""");
        Schema("bytes").Should().Be("""{"type":"string","contentEncoding":"base64"}""");
        Schema("allowed").Should().Be("""{"type":["string","null"],"enum":["a","b",null]}""");
        Schema("denied").Should().EndWith(""","not":{"enum":[1,2]}}""");

        var whole = Method(m => m.AddHandler("m", (Booking booking) => booking.Seats))["x-params"]!;
        whole["properties"]!["seats"].Should().BeJson("""{"type":"integer","minimum":1,"maximum":8}""");
        whole["properties"]!["name"].Should().BeJson("""{"type":"string","minLength":1,"maxLength":50}""");
        whole["required"].Should().BeJson("""["seats","name"]""");
    }

    /// <summary>As documented, they only describe; a function checks what it relies on.</summary>
    [Fact]
    public void Attributes_of_data_are_not_enforced()
    {
        using var client = Start(new JsonRpcMethods().Add("m", ([Range(1, 5)] int n) => n).AddHandler("h", (Booking booking) => booking.Seats), null);

        client.Call<int>("m", new[] { 9 }).Should().Be(9);
        client.Call<int>("h", new { seats = 9 }).Should().Be(9);
    }

    [Fact]
    public void Comments_of_the_source_are_used_where_no_attribute_describes()
    {
        var method = Method(m => m.Add("m", Commented));
        var whole = Method(m => m.AddHandler("m", (CommentedRecord r) => r.First))["params"]!;
        var generic = Method(m => m.Add("m", Generic<int>));

        method["summary"].Should().BeJson("\"Adds second to first, see DiscoveryTests.\"");
        method["params"]!.AsArray().Select(p => p!["description"]?.GetValue<string>()).Should().Equal("The first number.", "By attribute.", null);
        method["result"]!["description"].Should().BeJson("\"The sum.\"");
        whole.AsArray().Select(p => p!["description"]?.GetValue<string>()).Should().Equal("The first of a record.", "A property.");
        generic["summary"].Should().BeJson("\"A generic one.\"");
    }

    [Fact]
    public async Task A_plain_functions_parameter_is_described_too()
    {
        var memory = new InMemoryTransport();
        using var server = MakeServer(0, ([Range(1, 5), Description("How many.")] int count) => count, new() { Transport = memory });

        var described = JsonNode.Parse((await PostAsync(memory, server, "application/schema+json")).ResponseBody.WrittenSpan)!;

        described["definitions"]!["input"].Should().BeJson("""{"type":"integer","minimum":1,"maximum":5,"description":"How many."}""");
    }

    [Fact]
    public void A_recursive_type_refers_to_an_existing_schema()
    {
        var document = Discover(m => m.Add("first", () => 1).Add("m", (Tree tree) => tree).AddHandler("h", (Tree tree) => tree));

        var pointers = Pointers(document).ToArray();

        pointers.Should().HaveCountGreaterThan(3).And.OnlyContain(p => Find(document, p) != null);
        Find(document, pointers.First(p => p.StartsWith("#/methods/1/params", StringComparison.Ordinal)))!["properties"]!["name"].Should().NotBeNull();
    }

    [Fact]
    public void An_enum_lists_its_names()
    {
        var method = Method(m => m.Add("m", (Size size = Size.Large) => size));

        method["params"]![0]!["schema"].Should().BeJson("""{"type":"string","enum":["small","large"],"default":"large"}""");
    }

    [Fact]
    public void Attributes_describe_function_parameters_and_result()
    {
        var method = Method(m => m.Add("m", Described));

        method["summary"].Should().BeJson("\"Adds up.\"");
        method.ContainsKey("deprecated").Should().BeFalse();
        method["params"]![0]!["description"].Should().BeJson("\"The first.\"");
        method["result"]!["description"].Should().BeJson("\"The sum.\"");
    }

    [Fact]
    public void A_description_at_registration_takes_precedence_over_the_attributes()
    {
        var method = Method(m => m.Add("m", Described).Describe("m", new()
        {
            Summary = "Sums.",
            Details = "Two numbers make one.",
            Parameters = { ["first"] = "One." },
            Result = "Both.",
            Errors = { [17] = "Too much." },
            IsDeprecated = true,
        }));

        (method["summary"]!.GetValue<string>(), method["description"]!.GetValue<string>()).Should().Be(("Sums.", "Two numbers make one."));
        method["params"]![0]!["description"].Should().BeJson("\"One.\"");
        method["result"]!["description"].Should().BeJson("\"Both.\"");
        method["deprecated"].Should().BeJson("true");
        method["errors"].Should().BeJson("""[{"code":17,"message":"Too much."}]""");
    }

    [Fact]
    public void Only_a_registered_method_that_is_not_yet_served_can_be_described()
    {
        var methods = new JsonRpcMethods().Add("m", () => 1);

        FluentActions.Invoking(() => methods.Describe("n", new())).Should().Throw<ArgumentException>().WithMessage("There is no method 'n'*");
        MakeHandler(methods);
        FluentActions.Invoking(() => methods.Describe("m", new())).Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void Switched_off_there_is_no_such_method()
    {
        var discover = () => Discover(m => m.Add("m", () => 1), options => options.Discovery.Enabled = false);

        discover.Should().Throw<JsonRpcException>().Which.Code.Should().Be(JsonRpcErrorCodes.MethodNotFound);
    }

    [Fact]
    public void Discover_takes_no_parameters()
    {
        using var client = Start(new JsonRpcMethods(), null);

        client.Invoking(c => c.Call<JsonNode>("rpc.discover", new[] { 1 })).Should().Throw<JsonRpcException>().Which.Code.Should().Be(JsonRpcErrorCodes.InvalidParams);
        client.Call<JsonNode>("rpc.discover", Array.Empty<int>()).Should().NotBeNull();
    }

    [Fact]
    public async Task A_plain_function_sends_its_schema_to_a_client_that_accepts_nothing_else()
    {
        var calls = 0;
        var memory = new InMemoryTransport();
        using var server = MakeServer(0, (Order order) => order.Count + ++calls, new() { Transport = memory, Discovery = { Title = "Shop", Version = "1" } });

        var described = await PostAsync(memory, server, "application/schema+json");
        var called = await PostAsync(memory, server, "*/*");

        described.ResponseHeaders["Content-Type"].Should().Be("application/schema+json");
        var document = JsonNode.Parse(described.ResponseBody.WrittenSpan)!;
        document["info"].Should().BeJson("""{"title":"Shop","version":"1"}""");
        document["definitions"]!["input"]!["required"].Should().BeJson("""["item","count"]""");
        document["definitions"]!["output"].Should().BeJson("""{"type":"integer","minimum":-2147483648,"maximum":2147483647}""");
        (called.StatusCode, calls).Should().Be((400, 0));
    }

    /// <summary>
    /// Adds <paramref name="second"/> to
    /// <c>first</c>, see <see cref="DiscoveryTests"/>.
    /// </summary>
    /// <param name="first">The first number.</param>
    /// <param name="second">The second number.</param>
    /// <param name="others"></param>
    /// <returns>The sum.</returns>
    private static int Commented(int first, [Description("By attribute.")] int second, Dictionary<string, List<int?[]>>? others) => first + second + (others?.Count ?? 0);

    /// <summary>A generic one.</summary>
    private static T Generic<T>(T value, List<T> others) => others.Count == 0 ? value : others[0];

    [Description("Adds up.")]
    [return: Description("The sum.")]
    private static int Described([Description("The first.")] int first, int second) => first + second;

    private static async IAsyncEnumerable<Row> RowsAsync(int to)
    {
        await Task.Yield();
        for (var i = 1; i <= to; i++)
            yield return new(i, $"row {i}");
    }

    private static async IAsyncEnumerable<string> LettersAsync(string[] words)
    {
        await Task.Yield();
        foreach (var letter in words.SelectMany(word => word))
            yield return letter.ToString();
    }

    private static async IAsyncEnumerable<Tree> TreesAsync()
    {
        await Task.Yield();
        yield return new("root", []);
    }

    private static JsonObject Method(Action<JsonRpcMethods> fill) => Discover(fill)["methods"]![0]!.AsObject();

    private static JsonObject Discover(Action<JsonRpcMethods> fill, Action<JsonRpcServerOptions>? configure = null)
    {
        var methods = new JsonRpcMethods();
        fill(methods);
        using var client = Start(methods, configure);
        return client.Call<JsonObject>("rpc.discover")!;
    }

    private static JsonRpcClient Start(JsonRpcMethods methods, Action<JsonRpcServerOptions>? configure)
    {
        var memory = new InMemoryTransport();
        var options = new JsonRpcServerOptions { Transport = memory };
        configure?.Invoke(options);
        var server = MakeServer(0, methods, options);
        return MakeClient(server.Address, new() { Transport = memory.CreateClient() });
    }

    private static async Task<HttpExchange> PostAsync(InMemoryTransport memory, JsonRpcServer server, string accept)
    {
        var exchange = new HttpExchange { Address = server.Address, RequestBody = "{}"u8.ToArray() };
        exchange.RequestHeaders["Accept"] = accept;
        using var transport = memory.CreateClient();
        await transport.SendAsync(exchange, CancellationToken.None);
        return exchange;
    }

    private static IEnumerable<string> Pointers(JsonNode? node) => node switch
    {
        JsonArray array => array.SelectMany(Pointers),
        JsonObject o => o.SelectMany(p => p.Key == "$ref" ? [p.Value!.GetValue<string>()] : Pointers(p.Value)),
        _ => [],
    };

    private static JsonNode? Find(JsonNode root, string pointer) =>
        pointer.Split('/').Skip(1).Aggregate(
            (JsonNode?)root, (node, part) => node is JsonArray a ? a[int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)] : node?[part]);

    private sealed record Row(int Number, string Name);

    private sealed record Done(double Percent);

    private sealed record Order(string Item, [property: Description("How many.")] int Count, string? Note = null, Size? Size = null);

    private sealed record Booking([property: Range(1, 8)] int Seats)
    {
        [Required, StringLength(50)]
        public string? Name { get; init; }
    }

    /// <summary>A record.</summary>
    /// <param name="First">The first of a record.</param>
    private sealed record CommentedRecord(int First)
    {
        /// <summary>A property.</summary>
        public int? Second { get; init; }
    }

    [System.Text.Json.Serialization.JsonDerivedType(typeof(Circle), "circle")]
    [System.Text.Json.Serialization.JsonDerivedType(typeof(Square), "square")]
    private abstract record Shape(string Name);

    private sealed record Circle(string Name, int Radius) : Shape(Name);

    private sealed record Square(string Name, int Side) : Shape(Name);

    private sealed record Tree(string Name, IReadOnlyList<Tree> Children, Tree? Parent = null);
}
