namespace JsonRpcLite.Tests;

public class HeaderFieldsTests
{
    [Fact]
    public void Names_have_no_case_and_order_is_kept()
    {
        var fields = new HeaderFields { { "B", "1" }, { "a", "2" }, { "b", "3" } };

        fields["b"].Should().Be("1, 3");
        fields.Contains("A").Should().BeTrue();
        fields["c"].Should().BeNull();
        fields.Select(f => $"{f.Key}={f.Value}").Should().Equal("B=1", "a=2", "b=3");
    }

    [Fact]
    public void Setting_replaces_all_of_that_name_and_null_removes_them()
    {
        var fields = new HeaderFields { { "A", "1" }, { "a", "2" }, { "B", "3" } };

        fields["a"] = "4";
        fields["b"] = null;

        fields.Select(f => $"{f.Key}={f.Value}").Should().Equal("a=4");
        fields.Remove("x").Should().BeFalse();
        fields.Remove("A").Should().BeTrue();
        fields.Count.Should().Be(0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("A B")]
    [InlineData("A:")]
    [InlineData("Ä")]
    [InlineData("A\r\nB")]
    public void A_name_that_is_not_a_token_is_refused(string name)
    {
        var fields = new HeaderFields();

        FluentActions.Invoking(() => fields.Add(name, "1")).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => fields[name] = "1").Should().Throw<ArgumentException>();
        fields.Count.Should().Be(0);
    }

    [Theory]
    [InlineData("a\r\nb")]
    [InlineData("a\nb")]
    [InlineData("a\0")]
    [InlineData("\u007f")]
    [InlineData("家")]
    public void A_value_that_a_header_cannot_carry_is_refused_and_the_old_one_stays(string value)
    {
        var fields = new HeaderFields { { "A", "old" } };

        FluentActions.Invoking(() => fields["A"] = value).Should().Throw<ArgumentException>();

        fields["A"].Should().Be("old");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a:b\tc")]
    [InlineData("é")]
    public void Tabs_colons_and_Latin_1_are_fine(string value) => new HeaderFields { { "A", value } }["A"].Should().Be(value);
}
