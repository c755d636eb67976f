using static JsonRpcLite.Http11.Tests.Wire;

namespace JsonRpcLite.Http11.Tests;

/// <summary>
/// What one engine agrees to send, another reads as the same event, and both reach the same states; whatever it is asked to send, an engine throws nothing but a
/// LocalProtocolException. Seeded; a failure names the seed and the conversation.
/// </summary>
public class PairFuzzTests
{
    private const int Conversations = 3000;
    private const int Steps = 25;

    private static readonly string[] Methods = ["GET", "GET", "POST", "HEAD", "CONNECT", "OPTIONS", "BREW", "", "B D"];
    private static readonly string[] Targets = ["/", "/", "/", "/a?b", "*", "a:1", "http://a/b", "", "/\r\n"];
    private static readonly int[] Statuses = [200, 200, 204, 304, 404, 101, 100, 103, 199, 599, 600, 0];
    private static readonly string[] Reasons = ["", "OK", "a\tb \u00e9", "\r\n"];

    private static readonly Http11Field[] Fields =
    [
        ("Host", "a"), ("Content-Length", "0"), ("Content-Length", "3"), ("content-length", "3"), ("Transfer-Encoding", "chunked"), ("Connection", "close"),
        ("Connection", "keep-alive,x,y"), ("Connection", "upgrade"), ("Upgrade", "x"), ("Expect", "100-continue"), ("X", ""), ("X", "\u00ff"), ("X", "\0"),
        ("X Y", "z"), ("Trailer", "T"),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Whatever_one_engine_agrees_to_send_the_other_reads_as_it_was_meant(int seed)
    {
        var random = new Random(seed);
        var sent = 0;
        for (var conversation = 0; conversation < Conversations; conversation++)
        {
            var client = new Http11Connection(Http11Role.Client);
            var server = new Http11Connection(Http11Role.Server);
            var log = new List<string>();
            for (var step = 0; step < Steps; step++)
            {
                if (client.CanStartNextCycle && server.CanStartNextCycle && random.Next(2) == 0)
                {
                    client.StartNextCycle();
                    server.StartNextCycle();
                }
                var (sender, reader) = random.Next(2) == 0 ? (client, server) : (server, client);
                var what = Next(random, sender);
                log.Add($"{sender.Role}: {what}");
                var because = $"seed {seed}, conversation {conversation}:\n{string.Join('\n', log)}";

                if (!TrySend(sender, reader, what, because))
                {
                    if (sender.OurState == Http11State.Error)
                        break;
                    continue;
                }
                sent++;
                Read(reader, what, because);
                if (!IsBetween(client, server) && !IsBetween(server, client))
                    (client.ClientState, client.ServerState).Should().Be((server.ClientState, server.ServerState), because);
            }
        }
        sent.Should().BeGreaterThan(Conversations * 2, "the conversations have enough events");
    }

    /// <summary>The sender has not ended its body, or has ended it and must close the connection for the reader to notice.</summary>
    private static bool IsBetween(Http11Connection sender, Http11Connection reader) =>
        sender.OurState == Http11State.SendBody || (sender.OurState == Http11State.MustClose && reader.TheirState == Http11State.SendBody);

    private static bool TrySend(Http11Connection sender, Http11Connection reader, Http11Event what, string because)
    {
        var output = new ExactWriter();
        try
        {
            sender.Send(output, what);
        }
        catch (LocalProtocolException)
        {
            output.Written.Length.Should().Be(0, because);
            return false;
        }
        if (output.Written.Length > 0)
            reader.Receive(output.Written);
        if (what is Http11ConnectionClosed)
            reader.ReceiveEndOfFile();
        return true;
    }

    private static void Read(Http11Connection reader, Http11Event what, string because)
    {
        var kinds = new List<Http11EventKind>();
        try
        {
            for (var reads = 0; reads < 10 && reader.NextEvent() is not (Http11EventKind.NeedData or Http11EventKind.Paused); reads++)
            {
                kinds.Add(reader.Kind);
                if (reader.Kind == Http11EventKind.ConnectionClosed)
                    break;
            }
        }
        catch (RemoteProtocolException e)
        {
            e.Message.Should().BeNull(because);
        }
        // A body of known length ends with its last byte, before its sender ends the message; and empty data is not read as data.
        var expected = what switch
        {
            Http11EndOfMessage => kinds.Count == 0 || kinds[0] == Http11EventKind.EndOfMessage,
            Http11Data { Bytes.Length: 0 } => kinds.Count == 0,
            Http11ConnectionClosed => kinds.Count == 0 || kinds[^1] == Http11EventKind.ConnectionClosed,
            _ => kinds.Count > 0 && kinds[0] == what.Kind,
        };
        expected.Should().BeTrue("{0}, read as {1}", because, string.Join(", ", kinds));
    }

    private static Http11Event Next(Random random, Http11Connection sender)
    {
        T Any<T>(T[] values) => values[random.Next(values.Length)];
        var odd = random.Next(20) == 0;
        Http11Field[] fields = [.. Enumerable.Range(0, random.Next(4)).Select(_ => odd ? Any(Fields) : Fields[random.Next(12)])
            .DistinctBy(f => odd ? f.Value : f.Name.ToUpperInvariant())];
        if (!odd && sender.Role == Http11Role.Client && !fields.Any(f => f.Name == "Host"))
            fields = [.. fields, ("Host", "a")];
        var kind = odd ? (Http11State)random.Next(4) : sender.OurState;
        return kind switch
        {
            Http11State.Idle when sender.Role == Http11Role.Client => new Http11Request(Any(Methods), Any(Targets), fields),
            Http11State.Idle or Http11State.SendResponse => Any(Statuses) is var status && status / 100 == 1
                ? new Http11InformationalResponse(status, fields, Any(Reasons))
                : new Http11Response(status, fields, Any(Reasons)),
            Http11State.SendBody when random.Next(2) == 0 => new Http11Data(Bytes(new string('x', random.Next(5)))),
            Http11State.SendBody => new Http11EndOfMessage(random.Next(4) == 0 ? [("T", "u")] : []),
            _ => new Http11ConnectionClosed(),
        };
    }
}
