namespace JsonRpcLite.Http11.Tests;

public class Http11EventTests
{
    [Fact]
    public void Events_are_equal_when_all_they_say_is_equal()
    {
        new Http11Request("GET", "/", [("Host", "a")]).Should().Be(new Http11Request("GET", "/", [("hOST", "a")]));
        new Http11Response(200, [], "OK").Should().Be(new Http11Response(200, [], "OK"));
        new Http11InformationalResponse(100, []).Should().Be(new Http11InformationalResponse(100, []));
        new Http11Data("x"u8.ToArray()).Should().Be(new Http11Data("x"u8.ToArray()));
        new Http11EndOfMessage([("A", "b")]).Should().Be(new Http11EndOfMessage([("a", "b")]));
        new Http11ConnectionClosed().Should().Be(new Http11ConnectionClosed());
        new Http11Request("GET", "/", [("Host", "a")]).GetHashCode().Should().Be(new Http11Request("GET", "/", [("host", "a")]).GetHashCode());
    }

    [Fact]
    public void Events_are_unequal_when_anything_differs()
    {
        var request = new Http11Request("GET", "/", [("Host", "a"), ("X", "y")]);
        foreach (var other in new Http11Request[]
        {
            new("get", "/", request.Fields), new("GET", "/a", request.Fields), new("GET", "/", request.Fields, "1.0"), new("GET", "/", [("Host", "a")]),
            new("GET", "/", [("X", "y"), ("Host", "a")]), new("GET", "/", [("Host", "a"), ("X", "Y")]), new("GET", "/", [("Host", "a"), ("Z", "y")]),
        })
            other.Should().NotBe(request);

        new Http11Response(201, []).Should().NotBe(new Http11Response(200, []));
        new Http11Response(200, [], "OK").Should().NotBe(new Http11Response(200, []));
        new Http11Response(200, [], "", "1.0").Should().NotBe(new Http11Response(200, []));
        new Http11Response(200, [("A", "b")]).Should().NotBe(new Http11Response(200, []));
        new Http11InformationalResponse(100, []).Should().NotBe(new Http11InformationalResponse(103, []));
        new Http11InformationalResponse(100, [], "a").Should().NotBe(new Http11InformationalResponse(100, [], "b"));
        new Http11Data("x"u8.ToArray()).Should().NotBe(new Http11Data("y"u8.ToArray()));
        new Http11Data("x"u8.ToArray(), true).Should().NotBe(new Http11Data("x"u8.ToArray()));
        new Http11Data("x"u8.ToArray(), false, true).Should().NotBe(new Http11Data("x"u8.ToArray()));
        new Http11EndOfMessage([("A", "b")]).Should().NotBe(new Http11EndOfMessage());
        ((Http11Event)new Http11NeedData()).Should().NotBe(new Http11Paused());
    }

    [Fact]
    public void Each_event_has_its_kind_and_a_readable_text()
    {
        foreach (var (what, kind, text) in new (Http11Event, Http11EventKind, string)[]
        {
            (new Http11Request("GET", "/", [("Host", "a"), ("X", "y")]), Http11EventKind.Request, "Request(method=GET, target=/, fields=[(Host, a), (X, y)], version=1.1)"),
            (new Http11InformationalResponse(100, []), Http11EventKind.InformationalResponse, "InformationalResponse(status=100, reason=, fields=[], version=1.1)"),
            (new Http11Response(200, [], "OK"), Http11EventKind.Response, "Response(status=200, reason=OK, fields=[], version=1.1)"),
            (new Http11Data("hi"u8.ToArray()), Http11EventKind.Data, "Data(data=hi, chunkStart=False, chunkEnd=False)"),
            (new Http11EndOfMessage(), Http11EventKind.EndOfMessage, "EndOfMessage(trailers=[])"),
            (new Http11ConnectionClosed(), Http11EventKind.ConnectionClosed, "ConnectionClosed"),
            (new Http11NeedData(), Http11EventKind.NeedData, "NeedData"),
            (new Http11Paused(), Http11EventKind.Paused, "Paused"),
        })
        {
            what.Kind.Should().Be(kind);
            what.ToString().Should().Be(text);
        }
        ((Http11Field)("Host", "a")).ToString().Should().Be("Host: a");
    }
}
