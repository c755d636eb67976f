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
        var exchange = new HttpExchange { Method = "GET", StatusCode = 500, ResponseFields = { ["A"] = "1" }, RequestFields = { ["B"] = "2" } };
        exchange.ResponseBody.GetSpan(1)[0] = 1;
        exchange.ResponseBody.Advance(1);

        exchange.ClearResponse();

        (exchange.StatusCode, exchange.ResponseFields.Count, exchange.ResponseBody.Length).Should().Be((200, 0, 0));
        (exchange.Method, exchange.RequestFields["B"]).Should().Be(("GET", "2"));
    }

    [Theory]
    [InlineData("Content-Length")]
    [InlineData("connection")]
    [InlineData("Transfer-Encoding")]
    [InlineData("not a name")]
    public void What_the_transport_writes_or_nobody_can_send_is_no_standing_field(string name)
    {
        var exchange = new HttpExchange();

        FluentActions.Invoking(() => exchange.AddStandingField(name, "1")).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => exchange.AddStandingField("X-A", "a\r\nX-B: b")).Should().Throw<ArgumentException>();
        exchange.Standing.Should().BeSameAs(StandingFields.None);
    }

    [Fact]
    public void A_standing_field_takes_the_place_of_the_handlers_own()
    {
        var exchange = new HttpExchange { ResponseFields = { ["X-A"] = "handler", ["Vary"] = "Accept" } };
        exchange.AddStandingField("x-a", "standing");
        exchange.AddStandingField("Vary", "Origin");

        exchange.Standing.ApplyTo(exchange.ResponseFields);

        exchange.ResponseFields["X-A"].Should().Be("standing");
        exchange.ResponseFields["Vary"].Should().Be("Accept, Origin");
    }

    [Fact]
    public void It_has_no_more_members_than_a_reader_can_take_in() =>
        typeof(HttpExchange).GetMembers(System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.DeclaredOnly)
            .Count(m => m switch
            {
                System.Reflection.PropertyInfo p => p.GetMethod is { } get && (get.IsPublic || get.IsFamily || get.IsFamilyOrAssembly),
                System.Reflection.MethodBase method => (!method.IsSpecialName || method.IsConstructor) && (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly),
                _ => false,
            }).Should().BeLessThanOrEqualTo(40);
}
