using System.Text;

namespace JsonRpcLite.Tests;

public class JsonTextTests
{
    [Theory]
    [InlineData("""{"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]}""", false)]
    [InlineData("""{"a":1,"b":{"c":1,"c":2}}""", true)]
    [InlineData("""{"a":{"x":1},"b":2,"a":3}""", true)]
    [InlineData("""[{"a":1},{"b":1,"b":2}]""", true)]
    [InlineData("""{"\u0061":1,"a":2}""", true)]
    [InlineData("""{"a":1,"A":2,"":3}""", false)]
    [InlineData("""{"":1,"":2}""", true)]
    [InlineData("[1,2,3]", false)]
    [InlineData("1", false)]
    public void A_duplicate_member_is_found_at_any_level(string text, bool isThere) =>
        JsonText.BreaksRule(Encoding.UTF8.GetBytes(text), JsonText.MaxReplyDepth).Should().Be(isThere);

    [Theory]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(1000)]
    public void A_duplicate_member_is_found_in_a_large_object(int members)
    {
        var distinct = string.Join(",", Enumerable.Range(0, members).Select(i => $"\"m{i}\":{i}"));

        JsonText.BreaksRule(Encoding.UTF8.GetBytes($"{{{distinct}}}"), JsonText.MaxReplyDepth).Should().BeFalse();
        JsonText.BreaksRule(Encoding.UTF8.GetBytes($"{{{distinct},\"m0\":0}}"), JsonText.MaxReplyDepth).Should().BeTrue();
    }

    [Fact]
    public void A_duplicate_member_is_found_at_the_greatest_depth()
    {
        var open = string.Concat(Enumerable.Repeat("{\"a\":", JsonText.MaxReplyDepth - 1));
        var close = new string('}', JsonText.MaxReplyDepth - 1);

        JsonText.BreaksRule(Encoding.UTF8.GetBytes($$"""{{open}}{"b":1,"c":2}{{close}}"""), JsonText.MaxReplyDepth).Should().BeFalse();
        JsonText.BreaksRule(Encoding.UTF8.GetBytes($$"""{{open}}{"b":1,"b":2}{{close}}"""), JsonText.MaxReplyDepth).Should().BeTrue();
    }

    [Theory]
    [InlineData(64, false)]
    [InlineData(65, true)]
    public void The_depth_is_limited(int depth, bool isBroken) =>
        JsonText.BreaksRule(Encoding.UTF8.GetBytes(new string('[', depth) + new string(']', depth)), 64).Should().Be(isBroken);

    /// <summary>An escape that begins with the last byte of a block, and strings of any length before it.</summary>
    [Fact]
    public void Escapes_and_marks_in_strings_are_seen_wherever_they_stand()
    {
        for (var length = 0; length < 70; length++)
        {
            var text = $$"""{"a":"{{new string(' ', length)}}\\\"{[","b":"\\","c":"}","d":1""";

            JsonText.BreaksRule(Encoding.UTF8.GetBytes(text + "}"), 1).Should().BeFalse("of a string of {0}", length);
            JsonText.BreaksRule(Encoding.UTF8.GetBytes(text + ""","b":2}"""), 1).Should().BeTrue("of a string of {0}", length);
        }
    }

    /// <summary>Compares the quick check with the thorough one, which reads everything with a parser. A seed reproduces a failure.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_quick_check_and_the_explanation_agree(int seed)
    {
        var random = new Random(seed);
        var (broken, kept) = (0, 0);
        for (var round = 0; round < 5000; round++)
        {
            var text = Encoding.UTF8.GetBytes(Value(random, 5));
            var isBroken = JsonText.ExplainRefusal(text, 4) is not null;
            JsonText.BreaksRule(text, 4).Should().Be(isBroken, "seed {0}: {1}", seed, Encoding.UTF8.GetString(text));
            _ = isBroken ? broken++ : kept++;
        }
        broken.Should().BeGreaterThan(300);
        kept.Should().BeGreaterThan(300);
    }

    private static string Value(Random random, int depth)
    {
        var space = new string(' ', random.Next(2));
        var members = Enumerable.Range(0, depth == 0 ? 0 : random.Next(5));
        return random.Next(depth == 0 ? 3 : 6) switch
        {
            0 => "1.5e3",
            1 => Name(random),
            2 => "null",
            3 => $"[{space}{string.Join($"{space},", members.Select(_ => Value(random, depth - 1)))}{space}]",
            _ => $"{{{space}{string.Join($",{space}", members.Select(_ => $"{Name(random)}{space}:{space}{Value(random, depth - 1)}"))}}}",
        };
    }

    /// <summary>Strings that look like something else, and some that are equal although they look different.</summary>
    private static string Name(Random random) =>
        new[] { "\"a\"", "\"b\"", "\"\"", "\"\\u0061\"", "\"\\\"\"", "\"\\\\\"", "\"}\"", "\"[{\"", "\"a\\\":\"", "\":\"", "\"é\"", "\"\\\\\\\"{\"" }[random.Next(12)];

    [Theory]
    [InlineData("\"")]
    [InlineData("\"\\")]
    [InlineData("\"\\\"")]
    [InlineData("}")]
    [InlineData("]]")]
    [InlineData("{\"a")]
    public void Malformed_JSON_ends_the_check(string text) => JsonText.BreaksRule(Encoding.UTF8.GetBytes(text), 64).Should().BeTrue();

    [Theory]
    [InlineData("""["\\ud800"]""")]
    [InlineData("""["\\\\ud800 \\u"]""")]
    [InlineData("""["\ud83d\ude00\ud83d\ude00"]""")]
    [InlineData("""["\u00e9\u5bb6"]""")]
    [InlineData("""["\"]""")]
    [InlineData("""["\u12"]""")]
    public void Text_that_only_looks_like_a_lone_surrogate_is_valid(string text) => JsonText.FindFault(Encoding.UTF8.GetBytes(text)).Should().BeNull();

    [Theory]
    [InlineData("{", "the body is not JSON (line 1, byte 2)")]
    [InlineData("[1,\n x]", "the body is not JSON (line 2, byte 2)")]
    [InlineData("[]", null)]
    public void A_refusal_is_explained_with_its_position(string text, string? reason) =>
        JsonText.ExplainRefusal(Encoding.UTF8.GetBytes(text), 64).Should().Be(reason);

    [Fact]
    public void A_million_levels_are_refused_without_a_stack_overflow()
    {
        var text = new byte[1_000_000];
        text.AsSpan().Fill((byte)'[');

        JsonText.ExplainRefusal(text, 64).Should().StartWith("the body is not JSON");
    }
}
