using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class JsonRpcSpecificationOnHttpListener() : JsonRpcSpecificationTests(new HttpListenerHost());

public sealed class JsonRpcSpecificationInMemory() : JsonRpcSpecificationTests(new InMemoryHost());

public sealed class JsonRpcSpecificationOnSockets() : JsonRpcSpecificationTests(new SocketHost());

public sealed class JsonRpcSpecificationOnPortableSockets() : JsonRpcSpecificationTests(new PortableSocketHost());

public sealed class JsonRpcSpecificationOnAspNetCore() : JsonRpcSpecificationTests(new AspNetCoreHost());

/// <summary>Every example of the specification's section 7, unchanged.</summary>
public abstract class JsonRpcSpecificationTests : HostTests
{
    private static readonly JsonArray Examples = JsonNode.Parse(
        typeof(JsonRpcSpecificationTests).Assembly.GetManifestResourceStream("json-rpc-2.0-section-7.json")!)!["examples"]!.AsArray();

    private protected JsonRpcSpecificationTests(Host host)
        : base(host)
    {
    }

    public static TheoryData<string> Titles => [.. Examples.Select(e => e!["title"]!.GetValue<string>())];

    [Theory]
    [MemberData(nameof(Titles))]
    public async Task An_example_is_answered_as_the_specification_says(string title)
    {
        var example = Examples.Single(e => e!["title"]!.GetValue<string>() == title)!;
        var server = Serve(new JsonRpcMethods()
            .Add("subtract", (int minuend, int subtrahend) => minuend - subtrahend)
            .AddHandler("sum", (int[] numbers) => numbers.Sum())
            .Add("get_data", () => new object[] { "hello", 5 })
            .AddHandler("update", (int[] _) => 0)
            .Add("notify_hello", (int _) => { })
            .AddHandler("notify_sum", (int[] _) => 0));

        var reply = await server.ExchangeAsync(RawRequest.Post(example["request"]!.GetValue<string>()));

        if (example["response"] is not { } response)
        {
            (reply.Status, reply.Body.Length, reply["Content-Type"]).Should().Be((204, 0, null));
            return;
        }
        (reply.Status, reply["Content-Type"]).Should().Be((200, "application/json"));
        var expected = JsonNode.Parse(response.GetValue<string>());
        var answered = JsonNode.Parse(reply.Body);
        // The reason is added to the example's code and message, in the member that the specification provides for it (5.1).
        foreach (var answer in answered is JsonArray answers ? answers.ToArray() : [answered])
        {
            if (answer!["error"] is not JsonObject error || error["code"]!.GetValue<int>() is not (JsonRpcErrorCodes.ParseError or JsonRpcErrorCodes.InvalidRequest))
                continue;
            error["data"]!["reason"]!.GetValue<string>().Should().NotBeEmpty();
            error.Remove("data");
        }
        JsonNode.DeepEquals(answered, expected).Should().BeTrue("{0} must be {1}", reply.Text, expected!.ToJsonString());
    }

    [Fact]
    public void All_fifteen_examples_are_here() => Examples.Count.Should().Be(15);
}
