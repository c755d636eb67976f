using System.Text.Json.Nodes;
using FluentAssertions.Primitives;

namespace JsonRpcLite.Tests;

/// <summary>Compares JSON by its meaning, including the digits of its numbers; the message has the difference.</summary>
internal static class JsonAssertions
{
    public static void BeJson(this ObjectAssertions actual, string expected) =>
        ((actual.Subject as JsonNode)?.ToJsonString()).Should().Be(JsonNode.Parse(expected)!.ToJsonString());
}
