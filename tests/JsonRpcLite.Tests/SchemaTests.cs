using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Tests;

/// <summary>A schema agrees with the call: each value is checked by a small validator of draft-07 and passed to the call, and both must give the same result.</summary>
public class SchemaTests
{
    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "1", "-1", "200", "-129", "256", "40000", "70000", "-2147483649", "3000000000", "5000000000", "1e30", "1.5",
        "18446744073709551615", "18446744073709551616",
        "\"\"", "\"x\"", "\"xy\"", "\"small\"", "\"AQID\"", "\"A!\"", "\"2026-11-28T10:00:00Z\"", "\"2026-11-28\"", "\"2026-13-28\"", "\"10:00:00\"", "\"1.10:00:00\"", "\"1.2\"",
        "\"4c6de10c-9a5c-4b34-9f3c-0f6a3e3d1b11\"", "\"http://a.example/\"",
        "[]", "[1]", "[null]", "[\"x\"]", "[[1]]", "[{}]",
        "{}", "{\"a\":1}", "{\"small\":1}", "{\"a\":null}", "{\"a\":\"x\"}", "{\"4c6de10c-9a5c-4b34-9f3c-0f6a3e3d1b11\":1}", "{\"1\":1}",
        "{\"value\":1,\"next\":null,\"many\":[]}", "{\"value\":1,\"next\":null,\"many\":[null]}", "{\"value\":1,\"next\":{\"value\":2,\"next\":null,\"many\":[]},\"many\":[]}",
        "{\"value\":1,\"next\":null,\"many\":[{\"value\":2,\"next\":null,\"many\":[]}]}", "{\"value\":1,\"next\":null,\"many\":[{}]}", "{\"value\":1,\"next\":7,\"many\":[]}",
        "{\"value\":null,\"next\":null,\"many\":[]}",
        "{\"left\":null,\"right\":{\"right\":null}}", "{\"left\":{\"right\":{\"left\":3}}}",
        "{\"text\":\"x\"}", "{\"text\":null}", "{\"text\":\"x\",\"maybe\":null,\"bytes\":\"AQID\",\"size\":\"large\"}", "{\"text\":\"x\",\"bytes\":\"!\"}",
        "{\"text\":\"x\",\"size\":\"huge\"}", "{\"text\":\"x\",\"other\":\"huge\"}", "{\"text\":\"x\",\"other\":null}",
        "{\"$type\":\"circle\",\"radius\":1}", "{\"$type\":\"square\",\"side\":1}", "{\"$type\":\"square\"}", "{\"$type\":\"line\"}",
    ];

    private static readonly Dictionary<string, Delegate> Functions = new()
    {
        ["bool"] = (bool v) => 1,
        ["byte"] = (byte v) => 1,
        ["sbyte"] = (sbyte v) => 1,
        ["short"] = (short v) => 1,
        ["ushort"] = (ushort v) => 1,
        ["int"] = (int v) => 1,
        ["int?"] = (int? v) => 1,
        ["optional int"] = (int v = 3) => 1,
        ["uint"] = (uint v) => 1,
        ["long"] = (long v) => 1,
        ["ulong"] = (ulong v) => 1,
        ["double"] = (double v) => 1,
        ["double?"] = (double? v) => 1,
        ["char"] = (char v) => 1,
        ["string"] = (string v) => 1,
        ["string?"] = (string? v) => 1,
        ["optional string"] = (string v = "") => 1,
        ["byte[]"] = (byte[] v) => 1,
        ["byte[]?"] = (byte[]? v) => 1,
        ["Memory<byte>"] = (ReadOnlyMemory<byte> v) => 1,
        ["Guid"] = (Guid v) => 1,
        ["DateTimeOffset"] = (DateTimeOffset v) => 1,
        ["DateOnly"] = (DateOnly v) => 1,
        ["TimeOnly"] = (TimeOnly v) => 1,
        ["TimeSpan"] = (TimeSpan v) => 1,
        ["Version"] = (Version v) => 1,
        ["enum"] = (Size v) => 1,
        ["enum?"] = (Size? v) => 1,
        ["int[]"] = (int[] v) => 1,
        ["int[]?"] = (int[]? v) => 1,
        ["string?[]"] = (string?[] v) => 1,
        ["int[][]"] = (int[][] v) => 1,
        ["List<Leaf>"] = (List<Leaf> v) => 1,
        ["Dictionary<string, int>"] = (Dictionary<string, int> v) => 1,
        ["Dictionary<string, int?>"] = (Dictionary<string, int?> v) => 1,
        ["Dictionary<int, int>"] = (Dictionary<int, int> v) => 1,
        ["Dictionary<Size, int>"] = (Dictionary<Size, int> v) => 1,
        ["Dictionary<Guid, int>"] = (Dictionary<Guid, int> v) => 1,
        ["Node"] = (Node v) => 1,
        ["Node?"] = (Node? v) => 1,
        ["Node[]"] = (Node[] v) => 1,
        ["Tree"] = (Tree v) => 1,
        ["Leaf"] = (Leaf v) => 1,
        ["Leaf?"] = (Leaf? v) => 1,
        ["Shape"] = (Shape v) => 1,
        ["any"] = (JsonNode? v) => 1,
        ["object"] = (JsonObject v) => 1,
    };

    public static TheoryData<string> Names => [.. Functions.Keys];

    private enum Size
    {
        Small,
        Large,
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_parameter_accepts_what_its_schema_says(string name)
    {
        var memory = new InMemoryTransport();
        using var server = MakeServer(0, new JsonRpcMethods().Add("m", Functions[name]), new() { Transport = memory });
        using var client = MakeClient(server.Address, new() { Transport = memory.CreateClient() });
        var document = client.Call<JsonObject>("rpc.discover");
        var schema = document["methods"]![0]!["params"]![0]!["schema"];

        // An enum's number is accepted too; the schema lists its names.
        Compare(document, schema, value => client.Call<int>("m", new JsonArray(JsonNode.Parse(value))), value => !name.StartsWith("enum", StringComparison.Ordinal)
            || value[0] is not ('0' or '1'));
    }

    [Fact]
    public void A_parameter_that_may_be_left_out_says_so_and_no_other_does()
    {
        foreach (var (name, function) in Functions)
        {
            var memory = new InMemoryTransport();
            using var server = MakeServer(0, new JsonRpcMethods().Add("m", function), new() { Transport = memory });
            using var client = MakeClient(server.Address, new() { Transport = memory.CreateClient() });
            var isRequired = client.Call<JsonObject>("rpc.discover")["methods"]![0]!["params"]![0]!["required"]!.GetValue<bool>();

            IsAccepted(() => client.Call<int>("m")).Should().Be(!isRequired, name);
        }
    }

    [Fact]
    public void Parameters_taken_whole_accept_what_their_schema_says()
    {
        var methods = new JsonRpcMethods()
            .AddHandler("int[]", (int[] v) => 1)
            .AddHandler("string?[]", (string?[] v) => 1)
            .AddHandler("Dictionary<string, int>", (Dictionary<string, int> v) => 1)
            .AddHandler("Dictionary<Size, int>", (Dictionary<Size, int> v) => 1)
            .AddHandler("Node", (Node v) => 1)
            .AddHandler("Node[]", (Node[] v) => 1)
            .AddHandler("Tree", (Tree v) => 1)
            .AddHandler("Leaf", (Leaf v) => 1)
            .AddHandler("Shape", (Shape v) => 1);
        var memory = new InMemoryTransport();
        using var server = MakeServer(0, methods, new() { Transport = memory });
        using var client = MakeClient(server.Address, new() { Transport = memory.CreateClient() });
        var document = client.Call<JsonObject>("rpc.discover");

        foreach (var method in document["methods"]!.AsArray())
        {
            var name = method!["name"]!.GetValue<string>();
            Compare(document, method["x-params"], value => client.Call<int>(name, JsonNode.Parse(value)), value => value[0] is '[' or '{');
            foreach (var parameter in method["params"]!.AsArray())
                (method["paramStructure"]!.GetValue<string>(), parameter!["schema"]).Should().NotBe(("either", null));
        }
    }

    [Fact]
    public void A_plain_function_accepts_what_its_schema_says()
    {
        Check((Node v) => 1);
        Check((Node? v) => 1);
        Check((Tree v) => 1);
        Check((byte[] v) => 1);
        Check((int[] v) => 1);
        Check((Leaf v) => 1);
        Check((short v) => 1);

        static void Check<T>(Func<T, int> function)
        {
            var memory = new InMemoryTransport();
            using var server = MakeServer(0, function, new() { Transport = memory });
            using var client = MakeClient(server.Address, new() { Transport = memory.CreateClient() });
            var asking = new HttpExchange { Address = server.Address, RequestBody = "{}"u8.ToArray() };
            asking.RequestHeaders["Accept"] = "application/schema+json";
            using var transport = memory.CreateClient();
            transport.Send(asking, CancellationToken.None);
            var document = JsonNode.Parse(asking.ResponseBody.WrittenSpan)!.AsObject();

            Compare(document, document["definitions"]!["input"], value => client.Command<int>(JsonNode.Parse(value)));
        }
    }

    private static void Compare(JsonObject document, JsonNode? schema, Action<string> call, Func<string, bool>? isTried = null)
    {
        var wrong = new List<string>();
        foreach (var value in Values.Where(value => isTried?.Invoke(value) ?? true))
        {
            var isSaid = IsValid(schema, JsonNode.Parse(value), document);
            var isTaken = IsAccepted(() => call(value));
            if (isSaid != isTaken)
                wrong.Add($"{value} is {(isTaken ? "taken" : "refused")}");
        }
        wrong.Should().BeEmpty("{0} says so", schema?.ToJsonString() ?? "null");
    }

    private static bool IsAccepted(Action call)
    {
        try
        {
            call();
            return true;
        }
        catch (JsonRpcException e) when (e.Code == JsonRpcErrorCodes.InvalidParams)
        {
            return false;
        }
    }

    private static bool IsValid(JsonNode? schema, JsonNode? value, JsonObject document) =>
        schema is JsonValue all ? all.GetValue<bool>() : schema!.AsObject().All(keyword => Holds(keyword.Key, keyword.Value, schema.AsObject(), value, document));

    private static bool Holds(string keyword, JsonNode? rule, JsonObject schema, JsonNode? value, JsonObject document)
    {
        // Keywords next to a reference are ignored.
        if (schema["$ref"] is { } pointer)
            return keyword != "$ref" || IsValid(Find(document, pointer.GetValue<string>()), value, document);
        var text = value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
        return keyword switch
        {
            "type" => rule is JsonArray types ? types.Any(t => IsOfType(t!.GetValue<string>(), value)) : IsOfType(rule!.GetValue<string>(), value),
            "enum" => rule!.AsArray().Any(option => JsonNode.DeepEquals(option, value)),
            "const" => JsonNode.DeepEquals(rule, value),
            "anyOf" => rule!.AsArray().Any(option => IsValid(option, value, document)),
            "allOf" => rule!.AsArray().All(option => IsValid(option, value, document)),
            "required" => value is not JsonObject o || rule!.AsArray().All(name => o.ContainsKey(name!.GetValue<string>())),
            "properties" => value is not JsonObject o || rule!.AsObject().All(p => !o.ContainsKey(p.Key) || IsValid(p.Value, o[p.Key], document)),
            "additionalProperties" => value is not JsonObject o || o.All(p => IsValid(rule, p.Value, document)),
            "propertyNames" => value is not JsonObject o || o.All(p => IsValid(rule, JsonValue.Create(p.Key), document)),
            "items" => value is not JsonArray a || a.All(item => IsValid(rule, item, document)),
            "minimum" => value?.GetValueKind() != JsonValueKind.Number || Number(value) >= Number(rule!),
            "maximum" => value?.GetValueKind() != JsonValueKind.Number || Number(value) <= Number(rule!),
            "minLength" => text is null || text.Length >= rule!.GetValue<int>(),
            "maxLength" => text is null || text.Length <= rule!.GetValue<int>(),
            "pattern" => text is null || Regex.IsMatch(text, rule!.GetValue<string>()),
            "contentEncoding" => text is null || System.Buffers.Text.Base64.IsValid(text),
            "format" => text is null || HasFormat(rule!.GetValue<string>(), text),
            "default" or "description" or "$comment" => true,
            _ => throw new NotSupportedException($"The validator does not know {keyword}."),
        };
    }

    private static bool HasFormat(string format, string text) => format switch
    {
        "uuid" => Guid.TryParseExact(text, "D", out _),
        // A date alone is midnight to System.Text.Json.
        "date-time" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _) && text.Length >= "2026-11-28".Length && text[4] == '-',
        "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "time" => TimeOnly.TryParseExact(text, "HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        _ => throw new NotSupportedException($"The validator does not know the format {format}."),
    };

    private static decimal Number(JsonNode value) =>
        decimal.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : decimal.MaxValue;

    private static bool IsOfType(string type, JsonNode? value) => (type, value?.GetValueKind() ?? JsonValueKind.Null) switch
    {
        ("null", JsonValueKind.Null) or ("string", JsonValueKind.String)
            or ("number", JsonValueKind.Number) or ("array", JsonValueKind.Array) or ("object", JsonValueKind.Object) => true,
        ("boolean", JsonValueKind.True or JsonValueKind.False) => true,
        ("integer", JsonValueKind.Number) => !value!.ToJsonString().Contains('.', StringComparison.Ordinal),
        _ => false,
    };

    private static JsonNode? Find(JsonNode root, string pointer) =>
        pointer.Split('/').Skip(1).Aggregate((JsonNode?)root, (node, part) => node is JsonArray a ? a[int.Parse(part, CultureInfo.InvariantCulture)] : node?[part]);

    private sealed record Node(int Value, Node? Next, List<Node> Many);

    private sealed class Tree
    {
        public Tree? Left { get; set; }

        public Tree? Right { get; set; }
    }

    private sealed record Leaf(string Text, string? Maybe = null, byte[]? Bytes = null, Size Size = Size.Small, Size? Other = null);

    [System.Text.Json.Serialization.JsonDerivedType(typeof(Circle), "circle")]
    [System.Text.Json.Serialization.JsonDerivedType(typeof(Square), "square")]
    private abstract record Shape;

    private sealed record Circle(int Radius) : Shape;

    private sealed record Square(int Side) : Shape;
}
