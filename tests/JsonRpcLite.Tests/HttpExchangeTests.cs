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
}
