using System.Net;

namespace JsonRpcLite.Hosts.Tests;

/// <summary>A transport that does not say where it listens may be bound to every interface, whatever the host name says.</summary>
public sealed class ForeignTransportTests
{
    [Fact]
    public void Details_of_exceptions_are_refused_at_the_start_on_a_transport_that_may_be_reached_from_elsewhere() =>
        FluentActions.Invoking(() => JsonRpc.MakeServer(0, x => x, new() { Transport = new KestrelTransport(knowsWhereItListens: false), DetailedErrors = true }))
            .Should().Throw<InvalidOperationException>().WithMessage("*DetailedErrors*loopback*");

    [Theory]
    [InlineData(false, HttpStatusCode.MethodNotAllowed)]
    [InlineData(true, HttpStatusCode.OK)]
    public async Task The_page_is_there_only_where_the_transport_is_known_to_be_loopback(bool knowsWhereItListens, HttpStatusCode status)
    {
        await using var server = JsonRpc.MakeServer(0, x => x, new() { Transport = new KestrelTransport(knowsWhereItListens) });
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, server.Address) { Headers = { { "Accept", "text/html" } } };

        using var reply = await client.SendAsync(request);

        reply.StatusCode.Should().Be(status);
    }
}
