using System.Text.Json.Nodes;
using Microsoft.FSharp.Control;
using Microsoft.FSharp.Core;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Hosts.Tests;

/// <summary>What a user of F# passes: the types of FSharp.Core, as the F# compiler uses them.</summary>
public sealed class FSharpTests
{
    [Fact]
    public void An_Async_that_was_not_started_is_refused_in_every_position()
    {
        FSharpAsync<int> Work() => null!;
        foreach (var register in new Action[]
        {
            () => new JsonRpcMethods().Add("m", Work),
            () => new JsonRpcMethods().Add("m", (int a) => Work()),
            () => new JsonRpcMethods().Add("m", () => Task.FromResult(Work())),
            () => new JsonRpcMethods().AddHandler<JsonObject, FSharpAsync<int>>("m", _ => Work()),
            () => MakeHandler((int a) => Work()),
        })
            register.Should().Throw<ArgumentException>().WithMessage("*Async.StartAsTask*");
        FluentActions.Invoking(() => MakeHandler(new JsonRpcMethods().Add("m", () => new[] { Work() }))).Should().Throw<NotSupportedException>().WithMessage("*Async.StartAsTask*");
    }

    [Fact]
    public void Unions_are_refused_at_startup()
    {
        FluentActions.Invoking(() => MakeHandler(new JsonRpcMethods().Add("m", (FSharpChoice<int, string> choice) => 1))).Should().Throw<NotSupportedException>()
            .WithMessage("*F# unions*");
        FluentActions.Invoking(() => MakeHandler(new JsonRpcMethods().Add("m", () => FSharpResult<int, string>.NewOk(1)))).Should().Throw<NotSupportedException>();
    }

    [Fact]
    public void Curried_functions_and_lost_names_are_refused()
    {
        FluentActions.Invoking(() => new JsonRpcMethods().Add("m", (int a) => default(FSharpFunc<int, int>)!)).Should().Throw<ArgumentException>().WithMessage("*curried*");
        FluentActions.Invoking(() => new JsonRpcMethods().Add("m", (int delegateArg0, int delegateArg1) => delegateArg0)).Should().Throw<ArgumentException>()
            .WithMessage("*has no parameter names*");
    }

    [Theory]
    [InlineData("[1]", "1")]
    [InlineData("[1,2]", "3")]
    [InlineData("""{"a":1}""", "1")]
    [InlineData("""{"a":1,"b":null}""", "1")]
    [InlineData("""{"b":2,"a":1}""", "3")]
    public async Task An_option_may_be_left_out(string parameters, string result)
    {
        foreach (var function in new Delegate[]
        {
            (int a, FSharpOption<int> b) => a + (FSharpOption<int>.get_IsSome(b) ? b.Value : 0),
            (int a, FSharpValueOption<int> b, CancellationToken _) => a + (b.IsSome ? b.Value : 0),
        })
        {
            var exchange = new HttpExchange { RequestBody = System.Text.Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","method":"m","params":{{parameters}},"id":1}""") };
            await MakeHandler(new JsonRpcMethods().Add("m", function))(exchange, default);
            System.Text.Encoding.UTF8.GetString(exchange.ResponseBody.WrittenSpan).Should().Contain($"\"result\":{result},");
        }
    }

    [Fact]
    public void A_client_takes_its_address_as_text()
    {
        using var client = MakeClient("http://localhost:1/rpc");

        client.Address.Should().Be(new Uri("http://localhost:1/rpc"));
        foreach (var address in new[] { "localhost:1", "/rpc", "ftp://localhost/", "" })
            FluentActions.Invoking(() => MakeClient(address)).Should().Throw<ArgumentException>().WithMessage("*not an absolute http*").WithParameterName("address");
    }
}
