namespace JsonRpcLite.Tests;

[Collection(CultureScope.Collection)]
public sealed class CultureTests
{
    [Fact]
    public void The_message_of_a_failure_has_the_minus_sign_of_the_protocol()
    {
        // Swedish has another minus sign, which a search for the code does not find.
        using var scope = new CultureScope("sv-SE");

        new JsonRpcFailure("id", new JsonRpcException(-32000, "No."), default).ToString().Should().Be("id (no peer): -32000: No.");
    }

    [Theory]
    [InlineData("de-DE")]
    [InlineData("tr-TR")]
    public void A_duration_has_a_decimal_point(string culture)
    {
        using var scope = new CultureScope(culture);

        Seconds.Of(TimeSpan.FromSeconds(0.5)).Should().Be("0.5 s");
        Seconds.Of(TimeSpan.FromMinutes(20)).Should().Be("1200 s");
    }
}
