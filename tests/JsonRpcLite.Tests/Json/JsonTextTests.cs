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
    public void A_member_twice_is_found_at_any_level(string text, bool isThere) =>
        JsonText.HoldsMemberTwice(Encoding.UTF8.GetBytes(text)).Should().Be(isThere);

    [Theory]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(1000)]
    public void A_member_twice_is_found_in_a_large_object(int members)
    {
        var distinct = string.Join(",", Enumerable.Range(0, members).Select(i => $"\"m{i}\":{i}"));

        JsonText.HoldsMemberTwice(Encoding.UTF8.GetBytes($"{{{distinct}}}")).Should().BeFalse();
        JsonText.HoldsMemberTwice(Encoding.UTF8.GetBytes($"{{{distinct},\"m0\":0}}")).Should().BeTrue();
    }

    [Fact]
    public void A_member_twice_is_found_at_the_greatest_depth()
    {
        var open = string.Concat(Enumerable.Repeat("{\"a\":", JsonText.MaxReplyDepth - 1));
        var close = new string('}', JsonText.MaxReplyDepth - 1);

        JsonText.HoldsMemberTwice(Encoding.UTF8.GetBytes($$"""{{open}}{"b":1,"c":2}{{close}}""")).Should().BeFalse();
        JsonText.HoldsMemberTwice(Encoding.UTF8.GetBytes($$"""{{open}}{"b":1,"b":2}{{close}}""")).Should().BeTrue();
    }

    [Theory]
    [InlineData("""["\\ud800"]""")]
    [InlineData("""["\\\\ud800 \\u"]""")]
    [InlineData("""["\ud83d\ude00\ud83d\ude00"]""")]
    [InlineData("""["\u00e9\u5bb6"]""")]
    [InlineData("""["\"]""")]
    [InlineData("""["\u12"]""")]
    public void What_only_looks_like_half_a_pair_is_no_fault(string text) => JsonText.FindFault(Encoding.UTF8.GetBytes(text)).Should().BeNull();

    [Theory]
    [InlineData("{", "the body is not JSON (line 1, byte 2)")]
    [InlineData("[1,\n x]", "the body is not JSON (line 2, byte 2)")]
    [InlineData("[]", null)]
    public void A_refusal_is_explained_by_its_place(string text, string? reason) =>
        JsonText.ExplainRefusal(Encoding.UTF8.GetBytes(text), 64).Should().Be(reason);

    [Fact]
    public void A_million_levels_are_refused_without_a_stack()
    {
        var text = new byte[1_000_000];
        text.AsSpan().Fill((byte)'[');

        JsonText.ExplainRefusal(text, 64).Should().StartWith("the body is not JSON");
    }
}
