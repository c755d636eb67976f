using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Tests;

/// <summary>The text of a client in TypeScript, rule by rule. The tests of the samples check that it compiles and works, with the compiler and with node.</summary>
public partial class TypeScriptTests
{
    [Theory]
    [InlineData("""{"type":"string"}""", "string")]
    [InlineData("""{"type":"integer","minimum":0}""", "number")]
    [InlineData("""{"type":"number"}""", "number")]
    [InlineData("""{"type":"boolean"}""", "boolean")]
    [InlineData("""{"type":"null"}""", "null")]
    [InlineData("true", "unknown")]
    [InlineData("false", "never")]
    [InlineData("{}", "unknown")]
    [InlineData("""{"description":"anything"}""", "unknown")]
    [InlineData("""{"type":"any"}""", "unknown")]
    [InlineData("""{"type":["string","null"]}""", "string | null")]
    [InlineData("""{"type":["string","integer"]}""", "string | number")]
    [InlineData("""{"type":"string","nullable":true}""", "string | null")]
    [InlineData("""{"const":"a"}""", "\"a\"")]
    [InlineData("""{"const":-1.5}""", "-1.5")]
    [InlineData("""{"const":1e999}""", "unknown")]
    [InlineData("""{"const":{"a":1}}""", "unknown")]
    [InlineData("""{"type":"boolean","enum":[true]}""", "true")]
    [InlineData("""{"type":"array","items":{"type":"string"}}""", "string[]")]
    [InlineData("""{"type":"array","items":{"type":["string","null"]}}""", "Array<string | null>")]
    [InlineData("""{"type":"array"}""", "unknown[]")]
    [InlineData("""{"items":{"type":"string"}}""", "string[]")]
    [InlineData("""{"prefixItems":[{"type":"number"},{"type":["string","null"]}],"items":false,"minItems":1}""", "[number, (string | null)?]")]
    [InlineData("""{"type":"array","items":[{"type":"number"}],"additionalItems":{"type":"string"},"minItems":1}""", "[number, ...string[]]")]
    [InlineData("""{"type":"object"}""", "{ [name: string]: unknown }")]
    [InlineData("""{"type":"object","additionalProperties":false}""", "{ [name: string]: never }")]
    [InlineData("""{"additionalProperties":{"type":"number"}}""", "{ [name: string]: number }")]
    [InlineData("""{"type":"object","patternProperties":{"^x":{"type":"number"}},"additionalProperties":false}""", "{ [name: string]: number }")]
    [InlineData("""{"type":"object","additionalProperties":{"type":"number"},"propertyNames":{"enum":["small","large"]}}""", """{ [name in "small" | "large"]?: number }""")]
    [InlineData("""{"anyOf":[{"type":"string"},{"type":"number"}]}""", "string | number")]
    [InlineData("""{"oneOf":[{"type":"string"},{"type":"null"},{"type":"string"}]}""", "string | null")]
    [InlineData("""{"anyOf":[{"type":"string"},true]}""", "unknown")]
    [InlineData("""{"type":"string","anyOf":[{"pattern":"a"},{"pattern":"b"}]}""", "string")]
    [InlineData("""{"type":["object","null"],"anyOf":[{"type":"array","items":{"type":"number"}}]}""", "number[] | null")]
    [InlineData("""{"$ref":"#/components/schemas/Missing"}""", "unknown")]
    [InlineData("""{"$ref":"https://example.com/schema.json#/a"}""", "unknown")]
    [InlineData("""{"$ref":"#/methods/0/params/0/schema"}""", "Given")]
    public void A_schema_is_a_type(string schema, string type) =>
        Result(schema).Should().Be(type);

    [Fact]
    public void An_object_is_an_interface_and_what_may_be_missing_has_a_question_mark()
    {
        var text = Write("""{"type":"object","required":["id","other"],"properties":{"id":{"type":"integer","description":"Which one."},"note":{"type":["string","null"]},"made":{"type":"string","readOnly":true,"deprecated":true},"size":{"type":"integer","default":3}}}""");

        text.Should().Contain("m: (params?: MParams, options?: CallOptions) => Promise<MResult>;").And.Contain("""
            export interface MResult {
              /** Which one. */
              id: number;
              note?: string | null;
              /** @deprecated */
              readonly made?: string;
              /** @default 3 */
              size?: number;
              other: unknown;
            }

            """);
    }

    [Fact]
    public void An_object_that_accepts_other_members_has_an_index() =>
        Write("""{"type":"object","properties":{"id":{"type":"integer"}},"additionalProperties":{"type":"string"}}""")
            .Should().Contain("  id?: number;\n  [name: string]: unknown;\n}");

    [Fact]
    public void An_enum_is_a_union_of_its_values_and_null_stays_outside()
    {
        var text = Write("""{"type":["string","null"],"enum":["small","large",null]}""");

        text.Should().Contain("Promise<MResult | null>").And.Contain("export type MResult = \"small\" | \"large\";");
    }

    [Fact]
    public void Titles_of_values_are_in_the_comment() =>
        Write("""{"type":"integer","description":"How it went.","anyOf":[{"const":0,"title":"Good"},{"const":1,"title":"Bad"}]}""").Should().Contain("""
            /**
             * How it went.
             * 0: Good
             * 1: Bad
             */
            export type MResult = 0 | 1;
            """);

    [Fact]
    public void Options_are_named_by_what_marks_them_and_need_what_the_whole_needs()
    {
        var text = Write("""{"type":"object","required":["$type"],"anyOf":[{"properties":{"$type":{"const":"circle"},"radius":{"type":"number"}},"required":["radius"]},{"properties":{"$type":{"const":"square"}}}]}""");

        text.Should().Contain("Promise<MResultCircle | MResultSquare>").And.Contain("export interface MResultCircle {\n  $type: \"circle\";\n  radius: number;\n}")
            .And.Contain("export interface MResultSquare {\n  $type: \"square\";\n}");
    }

    [Fact]
    public void All_of_several_is_an_intersection()
    {
        var text = Write("""{"allOf":[{"$ref":"#/components/schemas/Pet"},{"properties":{"age":{"type":"integer"}}},{"anyOf":[{"type":"string"},{"type":"number"}]}]}""",
            """{"Pet":{"properties":{"name":{"type":"string"}}}}""");

        text.Should().Contain("Promise<Pet & MResult & (string | number)>");
    }

    [Fact]
    public void A_lone_reference_with_a_description_is_the_type_itself() =>
        Write("""{"allOf":[{"$ref":"#/components/schemas/Pet"}],"description":"The pet."}""", """{"Pet":{"properties":{"name":{"type":"string"}}}}""")
            .Should().Contain("Promise<Pet>");

    [Fact]
    public void Components_keep_their_names_and_titles_name_what_has_none()
    {
        var text = Write("""{"type":"array","items":{"title":"a pet","type":"object","properties":{"mood":{"$ref":"#/components/schemas/Mood"}}}}""",
            """{"Mood":{"enum":["good","bad"]},"user-id":{"type":"string"},"MResult":{"properties":{"x":true}}}""");

        text.Should().Contain("Promise<APet[]>").And.Contain("export interface APet {\n  mood?: Mood;\n}").And.Contain("export type Mood = \"good\" | \"bad\";")
            .And.Contain("export type UserId = string;");
    }

    [Fact]
    public void A_name_in_use_gets_a_number()
    {
        var text = Write("""{"properties":{"a":{"$ref":"#/components/schemas/Promise"},"b":{"$ref":"#/components/schemas/Client"}}}""",
            """{"Promise":{"properties":{"x":true}},"Client":{"properties":{"y":true}},"MResult":{"properties":{"z":true}}}""");

        text.Should().Contain("a?: Promise2;").And.Contain("b?: Client2;").And.Contain("Promise<MResult2>");
    }

    [Fact]
    public void Types_that_the_constant_part_declares_or_uses_are_reserved()
    {
        var body = JsonRpcTypeScript.FromOpenRpc(JsonNode.Parse("""{"openrpc":"1.4.0","methods":[]}""")!);
        var code = Comment().Replace(body, "");
        var used = TypePosition().Matches(code).Select(match => match.Groups[1].Value).Where(name => name is not ("Name" or "Value" or "T" or "Error")).Distinct().ToList();
        var schemas = string.Join(',', used.Select(name => $$$"""
            "{{{name}}}":{"properties":{"x":true}}
            """));

        var text = Write("{}", $"{{{schemas}}}");

        used.Should().Contain(["Client", "Promise", "AsyncGenerator", "Message"]);
        used.Should().AllSatisfy(name => text.Should().Contain($"export interface {name}2 {{"));
    }

    [Fact]
    public void Equal_types_are_one_even_if_they_are_recursive()
    {
        const string Tree = """{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"children":{"type":"array","items":{"$ref":"#/methods/PLACE"}}}}""";

        var text = JsonRpcTypeScript.FromOpenRpc(JsonNode.Parse($$$"""
            {"openrpc":"1.4.0","methods":[
              {"name":"plant","params":[{"name":"tree","required":true,"schema":{{{Tree.Replace("PLACE", "0/params/0/schema", StringComparison.Ordinal)}}}}],"result":{"name":"r","schema":{{{Tree.Replace("PLACE", "0/result/schema", StringComparison.Ordinal)}}}}},
              {"name":"fell","params":[],"result":{"name":"r","schema":{{{Tree.Replace("PLACE", "1/result/schema", StringComparison.Ordinal).Replace("\"name\"", "\"title\"", StringComparison.Ordinal)}}}}}]}
            """)!);

        text.Should().Contain("plant: (params: PlantParams, options?: CallOptions) => Promise<Tree>;").And.Contain("fell: (options?: CallOptions) => Promise<FellResult>;")
            .And.Contain("export interface Tree {\n  name: string;\n  children?: Tree[];\n}")
            .And.Contain("export interface FellResult {\n  title: string;\n  children?: FellResult[];\n}");
        Regex.Count(text, "children").Should().Be(2);
    }

    [Fact]
    public void A_description_that_only_one_of_equal_types_has_is_left_out()
    {
        var text = Write("""{"properties":{"buyer":{"properties":{"name":{"type":"string"}},"description":"Who buys."},"seller":{"properties":{"name":{"type":"string"}},"description":"Who sells."}}}""");

        text.Should().Contain("  /** Who buys. */\n  buyer?: MResultBuyer;\n  /** Who sells. */\n  seller?: MResultBuyer;\n").And.Contain("}\n\nexport interface MResultBuyer {");
    }

    [Theory]
    [InlineData("""{"A":{"$ref":"#/components/schemas/A"}}""", "A", "unknown")]
    [InlineData("""{"A":{"anyOf":[{"$ref":"#/components/schemas/B"},{"type":"null"}]},"B":{"$ref":"#/components/schemas/A"}}""", "A", "unknown")]
    [InlineData("""{"A":{"allOf":[{"$ref":"#/components/schemas/A"},{"properties":{"x":true}}]}}""", "A", "unknown")]
    [InlineData("""{"A":{"type":"array","items":{"$ref":"#/components/schemas/A"}}}""", "A", "A[]")]
    [InlineData("""{"A":{"type":"array","items":{"anyOf":[{"$ref":"#/components/schemas/A"},{"type":"string"}]}}}""", "A", "Array<A | string>")]
    [InlineData("""{"A":{"type":"array","prefixItems":[{"$ref":"#/components/schemas/A"}],"items":false}}""", "A", "[A?]")]
    [InlineData("""{"A":{"anyOf":[{"const":"{["},{"type":"object","additionalProperties":{"$ref":"#/components/schemas/A"}}]}}""", "A", "\"{[\" | { [name: string]: A }")]
    public void A_type_may_contain_itself_but_not_be_itself(string schemas, string name, string type) =>
        Write("{}", schemas).Should().Contain($"export type {name} = {type};");

    [Fact]
    public void Methods_are_grouped_and_a_name_may_be_both_group_and_method()
    {
        var text = WriteMethods("""{"name":"calc.add","params":[],"result":{"name":"r","schema":{"type":"integer"}}}""",
            """{"name":"calc","params":[],"result":{"name":"r","schema":{"type":"string"}}}""", """{"name":"calc.old.sub","params":[]}""");

        text.Should().Contain("""
              calc: {
                (options?: CallOptions): Promise<string>;
                add: (options?: CallOptions) => Promise<number>;
                old: {
                  sub: (options?: CallOptions) => Promise<void>;
                };
              };
            """).And.Contain("""
              { name: "calc", path: ["calc"] },
              { name: "calc.add", path: ["calc", "add"] },
              { name: "calc.old.sub", path: ["calc", "old", "sub"], notify: true },
            """);
    }

    [Fact]
    public void Names_that_would_not_work_as_properties_get_an_underscore_that_is_free()
    {
        var text = WriteMethods([.. new[] { "then", "then_", "", "_", "a..b", "$notify", "x.$notify", "get-user", "class" }.Select(
            name => $$$"""{"name":"{{{name}}}","params":[],"result":{"name":"r","schema":true}}""")]);

        foreach (var (name, path) in new[] { ("then", "\"then__\""), ("then_", "\"then_\""), ("", "\"__\""), ("_", "\"_\""), ("a..b", "\"a\", \"_\", \"b\""),
            ("$notify", "\"$notify_\""), ("x.$notify", "\"x\", \"$notify\""), ("get-user", "\"get-user\""), ("class", "\"class\"") })
            text.Should().Contain($"{{ name: \"{name}\", path: [{path}] }}");
        text.Should().Contain("  then__: (").And.Contain("  \"get-user\": (").And.Contain("  class: (");
    }

    [Fact]
    public void Parameters_are_an_object_or_by_position_a_tuple_or_nothing()
    {
        const string Two = """[{"name":"class","required":true,"schema":{"type":"integer"},"description":"What\nsort."},{"name":"b c","schema":{"type":"string"}}]""";
        var text = WriteMethods(
            $$$"""{"name":"named","params":{{{Two}}},"result":{"name":"r","schema":true}}""",
            $$$"""{"name":"placed","paramStructure":"by-position","params":{{{Two}}},"result":{"name":"r","schema":true}}""",
            """{"name":"early","paramStructure":"by-position","params":[{"name":"a","schema":{"type":"string"}},{"name":"b","required":true,"schema":true}],"result":{"name":"r","schema":true}}""",
            """{"name":"free","params":[{"name":"a","schema":{"type":"string"}}],"result":{"name":"r","schema":true}}""",
            """{"name":"none","params":[],"result":{"name":"r","schema":true}}""",
            """{"name":"bare"}""");

        text.Should().Contain("named: (params: NamedParams, options?: CallOptions)")
            .And.Contain("export interface NamedParams {\n  /**\n   * What\n   * sort.\n   */\n  class: number;\n  \"b c\"?: string;\n}")
            .And.Contain("  /** - class: What sort. */\n  placed: (params: [class_: number, _1?: string], options?: CallOptions)")
            .And.Contain("early: (params: [a: string | null, b: unknown], options?: CallOptions)")
            .And.Contain("free: (params?: FreeParams, options?: CallOptions)").And.Contain("none: (options?: CallOptions) => Promise<unknown>")
            .And.Contain("bare: (options?: CallOptions) => Promise<void>")
            .And.Contain("{ name: \"placed\", path: [\"placed\"], params: true },").And.Contain("{ name: \"none\", path: [\"none\"] },")
            .And.Contain("  placed: [params: [class_: number, _1?: string]];").And.Contain("  none: [];");
    }

    [Fact]
    public void Descriptions_deprecation_and_errors_are_in_the_comment() =>
        WriteMethods(
            """{"name":"m","summary":"Adds.","description":"Both\r\nnumbers.","deprecated":true,"params":[],"result":{"name":"r","description":"the sum","schema":true},"errors":[{"code":17,"message":"Sold out"},{"$ref":"#/components/errors/E"}]}""")
            .Should().Contain("""
              /**
               * Adds.
               * Both
               * numbers.
               * @returns the sum
               * @throws 17: Sold out
               * @deprecated
               */
              m: (
            """);

    [Fact]
    public void Descriptors_and_methods_may_be_references()
    {
        var text = JsonRpcTypeScript.FromOpenRpc(JsonNode.Parse("""
            {"openrpc":"1.4.0","methods":[{"$ref":"#/components/x-methods/a~1b"}],"components":{
              "x-methods":{"a/b":{"name":"m","params":[{"$ref":"#/components/contentDescriptors/Limit"},{"$ref":"#/nowhere"}],"result":{"$ref":"#/components/contentDescriptors/Out"}}},
              "contentDescriptors":{"Limit":{"name":"limit","required":true,"schema":{"type":"integer"}},"Out":{"name":"out","schema":{"type":"string"}}}}}
            """)!);

        text.Should().Contain("m: (params: MParams, options?: CallOptions) => Promise<string>;").And.Contain("export interface MParams {\n  limit: number;\n}");
    }

    /// <summary>A description, a title or a name is untrusted text: none of them may become code, a directive to the compiler, or look like code by its order.</summary>
    [Fact]
    public void Hostile_text_never_becomes_code()
    {
        const string Attack = "*/ evil(); /* ` ${evil()} \\ \" ' \u2028evil();\u202E \u0000 \uD800 \n@ts-expect-error\n * @ts-ignore\r</script>";
        var hostile = new JsonObject
        {
            ["openrpc"] = "1.4.0",
            ["info"] = new JsonObject { ["title"] = Attack, ["version"] = Attack },
            ["methods"] = new JsonArray(new JsonObject
            {
                ["name"] = Attack,
                ["summary"] = Attack,
                ["description"] = Attack,
                ["paramStructure"] = "by-name",
                ["params"] = new JsonArray(new JsonObject
                {
                    ["name"] = Attack,
                    ["description"] = Attack,
                    ["schema"] = new JsonObject { ["enum"] = new JsonArray(Attack, "b"), ["default"] = Attack, ["title"] = Attack },
                }),
                ["result"] = new JsonObject { ["name"] = Attack, ["description"] = Attack, ["schema"] = new JsonObject { ["$ref"] = $"#/{Attack}" } },
                ["errors"] = new JsonArray(new JsonObject { ["code"] = 1, ["message"] = Attack }),
            }),
            ["components"] = new JsonObject { ["schemas"] = new JsonObject { [Attack] = new JsonObject { ["properties"] = new JsonObject { [Attack] = true } } } },
        };

        var text = JsonRpcTypeScript.FromOpenRpc(hostile);

        var bare = LiteralOrComment().Replace(text, "");
        bare.Should().NotContain("evil").And.NotContain("`$");
        text.Should().NotMatchRegex("[\u0000-\u0009\u000B-\u001F\u2028\u2029\u202E\uD800-\uDFFF]").And.NotMatchRegex(@"(?m)^[\s/*]*@ts-").And.MatchRegex(@"^// A client of ");
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("1")]
    [InlineData("""{"openrpc":"1.4.0"}""")]
    [InlineData("""{"openrpc":"1.4.0","methods":{}}""")]
    [InlineData("""{"methods":[]}""")]
    [InlineData("""{"openrpc":"1.4.0","methods":[{}]}""")]
    [InlineData("""{"openrpc":"1.4.0","methods":[null]}""")]
    [InlineData("""{"openrpc":"1.4.0","methods":[{"name":"a"},{"name":"a"}]}""")]
    [InlineData("""{"swagger":"2.0","paths":{}}""")]
    public void JSON_that_is_not_an_OpenRPC_document_is_refused(string document)
    {
        var write = () => JsonRpcTypeScript.FromOpenRpc(JsonNode.Parse(document)!);

        write.Should().Throw<ArgumentException>().WithMessage("The document *").Which.ParamName.Should().Be("document");
    }

    [Fact]
    public void Null_is_refused() => FluentActions.Invoking(() => JsonRpcTypeScript.FromOpenRpc(null!)).Should().Throw<ArgumentNullException>();

    [Fact]
    public void An_endlessly_nested_schema_does_not_crash_the_process()
    {
        var schema = new JsonObject();
        for (var i = 0; i < 20_000; i++)
            schema = new JsonObject { ["type"] = "array", ["items"] = schema };
        var document =
            new JsonObject { ["openrpc"] = "1.4.0", ["methods"] = new JsonArray(new JsonObject { ["name"] = "m", ["result"] = new JsonObject { ["schema"] = schema } }) };

        JsonRpcTypeScript.FromOpenRpc(document).Should().Contain("unknown[][]");
    }

    [Fact]
    public void A_server_answers_with_the_client_of_its_own_methods()
    {
        var text = Ask(new JsonRpcMethods()
            .Add("subtract", (int minuend, int subtrahend) => minuend - subtrahend), options => (options.Discovery.Title, options.Discovery.Version) = ("Shop", "2.1"));

        text.Should().StartWith("// A client of Shop 2.1, written by ").And.Contain("curl -s http://")
            .And.Contain("subtract: (params: SubtractParams, options?: CallOptions) => Promise<number>;").And.NotContain("rpc.discover");
    }

    [Fact]
    public void Streams_progress_and_parameters_taken_whole_are_typed()
    {
        var text = Ask(new JsonRpcMethods()
            .Add("rows", (int to) => RowsAsync(to))
            .Add("import", async (IProgress<double> progress) => { await Task.Yield(); return true; })
            .AddHandler("sum", (decimal[] numbers) => numbers.Sum())
            .AddHandler("prices", (Dictionary<string, int> prices) => prices.Count)
            .AddHandler("place", (Order order) => order.Count)
            .Describe("place", new() { Parameters = { ["count"] = "How many." } })
            .Add("raw", (_, _) => default));

        text.Should().Contain("rows: (params: RowsParams, options?: CallOptions) => AsyncIterable<RowsItem>;")
            .And.Contain("import: (options?: ProgressOptions<number>) => Promise<boolean>;")
            .And.Contain("sum: (params: number[], options?: CallOptions)").And.Contain("prices: (params: { [name: string]: number }, options?: CallOptions)")
            .And.Contain("place: (params: PlaceParams, options?: CallOptions)").And.Contain("  /** How many. */\n  count: number;\n  note?: string | null;\n")
            .And.Contain("raw: (params?: object, options?: CallOptions) => Promise<unknown>")
            .And.Contain("path: [\"rows\"], params: true, stream: true }");
    }

    /// <summary>The caller sends the server's name, and a user may paste the line into a shell.</summary>
    [Theory]
    [InlineData("http://localhost:12345/rpc", "curl -s http://localhost:12345/rpc -d")]
    [InlineData("http://[::1]:80/", "curl -s http://[::1]:80/ -d")]
    [InlineData("http://localhost/'$(x)", "curl -s URL -d")]
    [InlineData("http://localhost/\nevil();", "curl -s URL -d")]
    public void An_address_that_a_shell_could_misread_is_left_out(string address, string line) =>
        TypeScriptWriter.Head([], address).Should().Contain(line).And.NotContain("(x)").And.NotContain("evil");

    [Fact]
    public void Switched_off_there_is_no_such_method()
    {
        var ask = () => Ask(new JsonRpcMethods(), options => options.Discovery.Enabled = false);

        ask.Should().Throw<JsonRpcException>().Which.Code.Should().Be(JsonRpcErrorCodes.MethodNotFound);
    }

    [Fact]
    public void Middleware_runs_around_it_and_it_takes_no_parameters()
    {
        var seen = new List<string>();
        var memory = new InMemoryTransport();
        using var server = MakeServer(0, new JsonRpcMethods().Use((call, next, token) => { seen.Add(call.Method); return next(call, token); }), new() { Transport = memory });
        using var client = MakeClient(server.Address, new() { Transport = memory.CreateClient() });

        client.Invoking(c => c.Call<string>("rpc.typescript", new[] { 1 })).Should().Throw<JsonRpcException>().Which.Code.Should().Be(JsonRpcErrorCodes.InvalidParams);
        client.Call<string>("rpc.typescript").Should().Be(client.Call<string>("rpc.typescript"));
        seen.Should().Equal("rpc.typescript", "rpc.typescript", "rpc.typescript");
    }

    private sealed record Order(string Item, int Count, string? Note = null);

    private sealed record Row(int Number);

    private static async IAsyncEnumerable<Row> RowsAsync(int to)
    {
        await Task.Yield();
        for (var i = 1; i <= to; i++)
            yield return new(i);
    }

    private static string Ask(JsonRpcMethods methods, Action<JsonRpcServerOptions>? configure = null)
    {
        var memory = new InMemoryTransport();
        var options = new JsonRpcServerOptions { Transport = memory };
        configure?.Invoke(options);
        using var server = MakeServer(0, methods, options);
        using var client = MakeClient(server.Address, new() { Transport = memory.CreateClient() });
        return client.Call<string>("rpc.typescript");
    }

    /// <summary>The type of the result of a method whose result has the schema.</summary>
    private static string Result(string schema) => PromiseOfM().Match(Write(schema)).Groups[1].Value;

    private static string Write(string schema, string components = "{}") => JsonRpcTypeScript.FromOpenRpc(JsonNode.Parse($$$"""
        {"openrpc":"1.4.0","info":{"title":"Test","version":"1"},"methods":[{"name":"m","params":[{"name":"p","schema":{"properties":{"x":true},"title":"Given"}}],"result":{"name":"r","schema":{{{schema}}}}}],"components":{"schemas":{{{components}}}}}
        """)!).Replace("\r\n", "\n", StringComparison.Ordinal);

    private static string WriteMethods(params string[] methods) =>
        JsonRpcTypeScript.FromOpenRpc(JsonNode.Parse($$"""{"openrpc":"1.4.0","methods":[{{string.Join(',', methods)}}]}""")!);

    [GeneratedRegex(@"  m: \(.*\) => Promise<(.*)>;")]
    private static partial Regex PromiseOfM();

    [GeneratedRegex(@"/\*[\s\S]*?\*/|^\s*//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex("""
        "(?:\\.|[^"\\\n])*"|/\*[\s\S]*?\*/|^\s*//.*$
        """, RegexOptions.Multiline)]
    private static partial Regex LiteralOrComment();

    /// <summary>A name after a colon, in angle brackets, after as, extends, interface or class.</summary>
    [GeneratedRegex(@"(?:[:<|(,\[] ?|\b(?:as|extends|interface|class|type) )(?<!\bnew )([A-Z]\w*)(?=[<>\[\]|;,){ ])")]
    private static partial Regex TypePosition();
}
