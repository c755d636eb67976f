using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

/// <summary>Properties of any JSON and any mix of requests, tested on generated ones. In memory, where a thousand calls take a second.</summary>
public sealed class JsonRpcPropertyTests() : HostTests(new InMemoryHost())
{
    private static readonly Config Bounded = Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(20260101, 7);

    /// <summary>JSON texts as the server writes them: without white space, and with no unnecessary escapes.</summary>
    private static Gen<string> JsonText(int depth)
    {
        var digits = Gen.Elements("0", "1", "9", "42", "9007199254740993", "18446744073709551617");
        var number = from sign in Gen.Elements("", "-")
                     from whole in digits
                     from fraction in Gen.Elements("", ".0", ".10", ".000000000000000000001")
                     from exponent in Gen.Elements("", "e5", "E+2", "e-400", "e400")
                     select sign + whole + fraction + exponent;
        var text = from runes in Gen.Elements("a", "é", "家", "😀", "\\\"", "\\\\", "\\n", "\\u0001", "/", "<", "\u2028", " ", "שלום").ListOf(6)
                   select $"\"{string.Concat(runes)}\"";
        var simple = Gen.OneOf(Gen.Elements("null", "true", "false"), number, text);
        if (depth == 0)
            return simple;
        var inner = JsonText(depth - 1);
        var array = from items in inner.ListOf(3) select $"[{string.Join(',', items)}]";
        var obj = from items in inner.ListOf(3)
                  select $"{{{string.Join(',', items.Select((item, index) => $"\"k{index}😀\":{item}"))}}}";
        return Gen.OneOf(simple, array, obj);
    }

    [Fact]
    public void Any_JSON_value_sent_through_echo_comes_back_digit_for_digit()
    {
        var server = Serve(new JsonRpcMethods()
            .Add("echo", (JsonNode? value) => value)
            .AddHandler("whole", (JsonElement value) => value));
        var plain = Serve(Echo);

        Prop.ForAll(JsonText(4).ToArbitrary(), json =>
        {
            string Send(HostedServer to, string body) => Encoding.UTF8.GetString(to.ExchangeAsync(RawRequest.Post(body)).GetAwaiter().GetResult().Body);
            return Send(server, $$"""{"jsonrpc":"2.0","method":"echo","params":[{{json}}],"id":1}""") == $$"""{"jsonrpc":"2.0","result":{{json}},"id":1}"""
                && Send(server, $$"""{"jsonrpc":"2.0","method":"echo","params":{"value":{{json}}},"id":1}""") == $$"""{"jsonrpc":"2.0","result":{{json}},"id":1}"""
                && Send(server, $$"""{"jsonrpc":"2.0","method":"whole","params":[{{json}}],"id":1}""") == $$"""{"jsonrpc":"2.0","result":[{{json}}],"id":1}"""
                && Send(plain, json) == $$"""{"echo":{{json}}}""";
        }).Check(Bounded);
    }

    [Fact]
    public void Any_mix_in_a_batch_gives_one_answer_for_each_request_that_needs_one()
    {
        var server = Serve(new JsonRpcMethods()
            .Add("echo", (JsonNode? value) => value)
            .Add("fail", object? () => throw new JsonRpcException(1, "one"))
            .Add("boom", object? () => throw new InvalidOperationException("boom")), o => o.Protocol.MaxBatchParallelism = 3);
        // Each entry, and the start of its answer up to what only the server knows; null if it gets none.
        var entry = Gen.Choose(0, 9).Select(kind => (Func<int, (string Request, string? Answer)>)(id => kind switch
        {
            0 => ($$"""{"jsonrpc":"2.0","method":"echo","params":[{{id}}],"id":{{id}}}""", $$"""{"jsonrpc":"2.0","result":{{id}},"id":{{id}}}"""),
            1 => ($$"""{"jsonrpc":"2.0","method":"echo","params":{"value":"x"},"id":"{{id}}"}""", $$"""{"jsonrpc":"2.0","result":"x","id":"{{id}}"}"""),
            2 => ("""{"jsonrpc":"2.0","method":"echo","params":[1]}""", null),
            3 => ("""{"jsonrpc":"2.0","method":"boom"}""", null),
            4 => ($$"""{"jsonrpc":"2.0","method":"fail","id":{{id}}}""", $$$"""{"jsonrpc":"2.0","error":{"code":1,"message":"one"},"id":{{{id}}}}"""),
            5 => ($$"""{"jsonrpc":"2.0","method":"none","id":{{id}}}""", $$$"""{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":{{{id}}}}"""),
            6 => ("7", InvalidRequest("the request is not an object")),
            7 => ("[]", InvalidRequest("the request is not an object")),
            8 => ($$"""{"jsonrpc":"1.0","method":"echo","id":{{id}}}""", InvalidRequest("'jsonrpc' must be the string '2.0'", $"{id}")),
            _ => ("""{"jsonrpc":"2.0","method":"echo","id":true}""", InvalidRequest("'id' must be a string, a number or null")),
        }));

        Prop.ForAll(entry.NonEmptyListOf().ToArbitrary(), makers =>
        {
            var entries = makers.Select((make, index) => make(index)).ToArray();
            var expected = string.Join(',', entries.Select(e => e.Answer).OfType<string>());
            var reply = server.ExchangeAsync(RawRequest.Post($"[{string.Join(',', entries.Select(e => e.Request))}]")).GetAwaiter().GetResult();
            return expected.Length == 0 ? reply.Status == 204 && reply.Body.Length == 0 : reply.Text == string.Create(CultureInfo.InvariantCulture, $"[{expected}]");
        }).Check(Bounded);
    }

    [Fact]
    public void Any_damage_to_a_request_is_answered_with_one_JSON_RPC_object_or_nothing()
    {
        var server = Serve(new JsonRpcMethods().Add("echo", (JsonNode? value) => value));
        var request = """{"jsonrpc":"2.0","method":"echo","params":[{"a":"\u00e9😀"}],"id":"x"}"""u8.ToArray();
        var damage = from at in Gen.Choose(0, request.Length - 1)
                     from with in Gen.Choose(0, 255)
                     from cut in Gen.Choose(0, 3)
                     select (at, with, cut);

        Prop.ForAll(damage.ToArbitrary(), d =>
        {
            var body = request.ToArray();
            body[d.at] = (byte)d.with;
            if (d.cut == 0)
                body = body[..d.at];
            var reply = server.ExchangeAsync(RawRequest.Post(body)).GetAwaiter().GetResult();
            return reply.Status == 204 || reply.Status == 200 && JsonNode.Parse(reply.Body)!["jsonrpc"]!.GetValue<string>() == "2.0"
                && Failures.TrueForAll(f => f.Exception is JsonRpcException);
        }).Check(Bounded);
    }
}
