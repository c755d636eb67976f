using System.Text.Json.Nodes;
using FluentAssertions.Primitives;

namespace JsonRpcLite.Tests;

/// <summary>Compares JSON by what it says, the digits of its numbers included, with the difference in the message.</summary>
internal static class JsonAssertions
{
    public static void BeJson(this ObjectAssertions actual, string expected) =>
        ((actual.Subject as JsonNode)?.ToJsonString()).Should().Be(JsonNode.Parse(expected)!.ToJsonString());
}
