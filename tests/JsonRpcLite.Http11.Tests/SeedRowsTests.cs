using System.Net;
using System.Net.Sockets;
using static JsonRpcLite.Http11.Tests.Wire;

namespace JsonRpcLite.Http11.Tests;

/// <summary>
/// The rows of the walk-through that the engine must pass. Rows 8, 14, 15 and 17 need a program, and are among the tests of
/// samples/Http11Tour.
/// </summary>
public class SeedRowsTests
{
    private const string Body = "<?xml version='1.0' encoding='us-ascii'?>\n\n<slideshow \n    title=\"Sample Slide Show\"\n    >\n\n</slideshow>";

    private static readonly (string, string)[] AnswerFields =
    [
        ("Connection", "keep-alive"), ("Server", "gunicorn/19.7.1"), ("Date", "Tue, 02 May 2017 07:28:53 GMT"), ("Content-Type", "application/xml"),
        ("Content-Length", $"{Body.Length}"), ("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Credentials", "true"), ("Via", "1.1 vegur"),
    ];

    private static readonly string Answer = "HTTP/1.1 200 OK\r\n" + string.Concat(AnswerFields.Select(f => $"{f.Item1}: {f.Item2}\r\n")) + "\r\n" + Body;

    private static readonly Http11Request GetXml = new("GET", "/xml", [("host", "httpbin.org")]);

    private static readonly Http11EndOfMessage End = new();

    [Fact]
    public void Row_1_a_connection_is_made_for_either_role()
    {
        new Http11Connection(Http11Role.Client).Role.Should().Be(Http11Role.Client);
        new Http11Connection(Http11Role.Server).Role.Should().Be(Http11Role.Server);
        var neither = () => new Http11Connection((Http11Role)2);
        neither.Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void Row_2_a_request_is_exactly_its_40_bytes() =>
        new Http11Connection(Http11Role.Client).Send(GetXml).Should().Equal("GET /xml HTTP/1.1\r\nhost: httpbin.org\r\n\r\n"u8.ToArray()).And.HaveCount(40);

    [Fact]
    public void Row_3_the_engine_knows_no_socket() =>
        typeof(Http11Connection).Assembly.GetReferencedAssemblies().Select(a => a.Name).Should().OnlyContain(
            name => !name!.Contains("Socket") && !name.Contains("Pipe") && !name.Contains("Security") && !name.Contains("Threading") && !name.Contains("Net.Http")
                && !name.StartsWith("JsonRpc"));

    [Fact]
    public void Row_4_the_end_of_a_request_without_a_body_is_empty()
    {
        var connection = new Http11Connection(Http11Role.Client);
        connection.Send(GetXml);

        connection.Send(End).Should().BeEmpty();
    }

    [Fact]
    public void Row_5_the_answer_is_a_response_data_and_an_end_with_fields_in_order()
    {
        var connection = Client(Answer);

        connection.Events().Should().Equal(
            new Http11Response(200, [.. AnswerFields.Select(f => (Http11Field)f)], "OK"), new Http11Data(Bytes(Body)), End);
    }

    [Fact]
    public void Row_6_pieces_of_200_bytes_need_data_first_and_give_the_same_events()
    {
        var connection = Client("");
        connection.Receive(Bytes(Answer[..200]));
        connection.NextEvent().Should().Be(Http11EventKind.NeedData);
        connection.Receive(Bytes(Answer[200..]));

        connection.NextEvent().Should().Be(Http11EventKind.Response);
        connection.ToEvent().Should().Be(new Http11Response(200, [.. AnswerFields.Select(f => (Http11Field)f)], "OK"));
    }

    [Fact]
    public void Row_7_data_streams_and_is_not_buffered()
    {
        var connection = Client(Answer[..^1]);
        connection.NextEvent();

        connection.NextEvent().Should().Be(Http11EventKind.Data);

        Text(connection.Data.Span).Should().Be(Body[..^1]);
        connection.TrailingData.IsEmpty.Should().BeTrue();
        connection.NextEvent().Should().Be(Http11EventKind.NeedData);
    }

    [Fact]
    public async Task Row_9_with_nothing_asked_a_read_times_out_and_harms_nothing()
    {
        using var pair = await SocketPair.ConnectAsync();
        var connection = Client(Answer);
        connection.Events();
        pair.Client.ReceiveTimeout = 1;

        var read = () => connection.Received(pair.Client.Receive(connection.GetReceiveMemory().Span));

        read.Should().Throw<SocketException>().Which.SocketErrorCode.Should().Be(SocketError.TimedOut);
        connection.NextEvent().Should().Be(Http11EventKind.NeedData);
        connection.StartNextCycle();
        connection.Send(GetXml).Should().HaveCount(40);
    }

    [Fact]
    public void Row_10_done_becomes_idle_and_a_second_request_goes_over_the_connection()
    {
        var connection = Client(Answer);
        connection.Events();
        (connection.OurState, connection.TheirState).Should().Be((Http11State.Done, Http11State.Done));

        connection.StartNextCycle();

        (connection.OurState, connection.TheirState).Should().Be((Http11State.Idle, Http11State.Idle));
        connection.Send(new Http11Request("GET", "/get", [("Host", "httpbin.org")]));
        connection.Send(End);
        connection.Receive("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8);
        connection.Events().Should().HaveCount(2);
    }

    [Fact]
    public void Row_10_without_keep_alive_it_must_close()
    {
        var connection = Client(Answer.Replace("keep-alive", "close", StringComparison.Ordinal));
        connection.Events();
        (connection.OurState, connection.TheirState).Should().Be((Http11State.MustClose, Http11State.MustClose));

        connection.ReceiveEndOfFile();
        connection.NextEvent();

        (connection.OurState, connection.TheirState).Should().Be((Http11State.MustClose, Http11State.Closed));
        connection.Invoking(c => c.StartNextCycle()).Should().Throw<LocalProtocolException>();
    }

    [Fact]
    public void Row_11_the_end_of_the_connection_is_an_event()
    {
        var connection = Client(Answer);
        connection.Events();
        connection.ReceiveEndOfFile();

        connection.NextEvent().Should().Be(Http11EventKind.ConnectionClosed);
        connection.ToEvent().Should().Be(new Http11ConnectionClosed());
    }

    [Fact]
    public void Row_12_a_post_with_its_length()
    {
        var connection = new Http11Connection(Http11Role.Client);

        connection.SendText(new Http11Request("POST", "/post", [("Host", "httpbin.org"), ("Content-Length", "10")]), new Http11Data("1234567890"u8.ToArray()), End)
            .Should().Be("POST /post HTTP/1.1\r\nHost: httpbin.org\r\nContent-Length: 10\r\n\r\n1234567890");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("9")]
    [InlineData("11")]
    public void Row_12_a_forgotten_or_wrong_length_is_our_error(string? length)
    {
        var connection = new Http11Connection(Http11Role.Client);
        Http11Field[] fields = length is null ? [("Host", "a")] : [("Host", "a"), ("Content-Length", length)];

        connection.Invoking(c => c.SendText(new Http11Request("POST", "/post", fields), new Http11Data("1234567890"u8.ToArray()), End)).Should().Throw<LocalProtocolException>();
    }

    [Fact]
    public void Row_13_a_client_sends_neither_a_response_nor_two_requests_in_a_row()
    {
        var responding = new Http11Connection(Http11Role.Client);
        responding.Invoking(c => c.Send(new Http11Response(200, []))).Should().Throw<LocalProtocolException>();

        var repeating = new Http11Connection(Http11Role.Client);
        repeating.Send(GetXml);
        repeating.Send(End);
        repeating.Invoking(c => c.Send(GetXml)).Should().Throw<LocalProtocolException>();
    }

    [Fact]
    public async Task Row_16_a_non_blocking_socket_works()
    {
        using var pair = await SocketPair.ConnectAsync();
        var serving = ReadmeServer.ServeAsync(pair.Server);
        var connection = new Http11Connection(Http11Role.Client);
        pair.Client.Blocking = false;
        pair.Client.Send(connection.Send(GetXml));
        connection.Send(End);

        var body = "";
        for (var i = 0; i < 1000 && connection.Kind != Http11EventKind.EndOfMessage; i++)
        {
            switch (connection.NextEvent())
            {
                case Http11EventKind.NeedData when pair.Client.Poll(TimeSpan.FromSeconds(1), SelectMode.SelectRead):
                    connection.Received(pair.Client.Receive(connection.GetReceiveMemory().Span));
                    break;
                case Http11EventKind.Data:
                    body += Text(connection.Data.Span);
                    break;
            }
        }
        pair.Client.Shutdown(SocketShutdown.Send);

        body.Should().Be("Hello World");
        await serving.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
