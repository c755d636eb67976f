using System.Reflection;

namespace JsonRpcLite.Tests;

public class HttpExchangeTests
{
    [Theory]
    [InlineData("/", "/")]
    [InlineData("/a%2Fb?x=/y", "/a%2Fb")]
    [InlineData("*", "*")]
    [InlineData("http://host:80/a?b", "/a")]
    [InlineData("http://host", "/")]
    [InlineData("/a?http://b/c", "/a")]
    public void The_path_is_the_target_without_its_query(string target, string path)
    {
        var exchange = new HttpExchange { Target = "/before" };
        exchange.Path.Should().Be("/before");

        exchange.Target = target;

        exchange.Path.Should().Be(path);
    }

    [Fact]
    public async Task A_clients_exchange_reads_back_the_body_that_it_sends()
    {
        var exchange = new HttpExchange { RequestBody = new byte[] { 1, 2, 3 } };

        (await exchange.ReadBodyAsync()).ToArray().Should().Equal(1, 2, 3);
    }

    [Fact]
    public void Clearing_the_reply_leaves_the_request_alone()
    {
        var exchange = new HttpExchange { Method = "GET", StatusCode = 500, ResponseHeaders = { ["A"] = "1" }, RequestHeaders = { ["B"] = "2" } };
        exchange.ResponseBody.GetSpan(1)[0] = 1;
        exchange.ResponseBody.Advance(1);

        exchange.ClearResponse();

        (exchange.StatusCode, exchange.ResponseHeaders.Count, exchange.ResponseBody.Length).Should().Be((200, 0, 0));
        (exchange.Method, exchange.RequestHeaders["B"]).Should().Be(("GET", "2"));
    }

    [Theory]
    [InlineData("Content-Length")]
    [InlineData("connection")]
    [InlineData("Transfer-Encoding")]
    [InlineData("not a name")]
    public void A_field_that_the_transport_writes_or_that_cannot_be_sent_is_not_a_standing_field(string name)
    {
        var exchange = new HttpExchange();

        FluentActions.Invoking(() => exchange.AddStandingHeader(name, "1")).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => exchange.AddStandingHeader("X-A", "a\r\nX-B: b")).Should().Throw<ArgumentException>();
        exchange.Standing.Should().BeSameAs(StandingHeaders.None);
    }

    [Fact]
    public void A_standing_field_overrides_the_handlers_own()
    {
        var exchange = new HttpExchange { ResponseHeaders = { ["X-A"] = "handler", ["Vary"] = "Accept" } };
        exchange.AddStandingHeader("x-a", "standing");
        exchange.AddStandingHeader("Vary", "Origin");

        exchange.Standing.ApplyTo(exchange.ResponseHeaders);

        exchange.ResponseHeaders["X-A"].Should().Be("standing");
        exchange.ResponseHeaders["Vary"].Should().Be("Accept, Origin");
    }

    [Fact]
    public void It_has_no_more_members_than_a_reader_can_take_in() =>
        typeof(HttpExchange)
            .GetMembers(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Count(m => m switch
            {
                PropertyInfo p => p.GetMethod is { } get && (get.IsPublic || get.IsFamily || get.IsFamilyOrAssembly),
                MethodBase method => (!method.IsSpecialName || method.IsConstructor) && (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly),
                _ => false,
            }).Should().BeLessThanOrEqualTo(40);
}
