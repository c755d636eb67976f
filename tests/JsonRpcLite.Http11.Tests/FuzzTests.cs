using System.Text;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Http11.Tests;

/// <summary>
/// Any bytes, whole, byte by byte or in segments, give events or a RemoteProtocolException, the same each time, and the reading ends.
/// Seeded, so that a failure can be reproduced; it names the seed and the message.
/// </summary>
public class FuzzTests
{
    private const int Rounds = 10_000;
    private const int MostReads = 20_000;

    private static readonly string[] Pieces =
    [
        "\r\n", "\r", "\n", "\0", " ", "\t", ":", "\r\n\r\n", "Content-Length: 5\r\n", "Content-Length: -1\r\n", "Transfer-Encoding: chunked\r\n", "Host: a\r\n", "0\r\n\r\n",
        "ffffffffffffffff\r\n", "7fffffffffffffff\r\n", "5;a=\"\r\n", "HTTP/1.1", "HTTP/1.0", "GET / HTTP/1.1\r\n", "Connection: close\r\n",
        "Upgrade: x\r\nConnection: upgrade\r\n",
        "CONNECT a:1 HTTP/1.1\r\n", "\u00ff", "\u007f", " folded\r\n", "Expect: 100-continue\r\n", "%", "[::1", "99999999999999999999",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Mangled_messages_are_read_or_refused_the_same_however_they_come(int seed)
    {
        var random = new Random(seed);
        var cases = CaseFile.OfKind("parse").Where(c => ParsePlayer.Input(c).Length < 500).ToList();
        for (var round = 0; round < Rounds; round++)
        {
            var @case = cases[random.Next(cases.Count)];
            var input = Mangle(random, ParsePlayer.Input(@case), ParsePlayer.Input(cases[random.Next(cases.Count)]));

            var options = new Http11Options();
            if (random.Next(3) == 0)
                (options.MaxHeadSize, options.MaxStartLineSize, options.MaxFieldCount) = (random.Next(50, 1000), random.Next(20, 200), random.Next(1, 9));
            if (@case.Role() == Http11Role.Client)
                (options.AllowBareLineFeed, options.AllowControlBytesInValues) = (random.Next(2) == 0, random.Next(2) == 0);

            var whole = Play(@case, options, input, input.Length, new BufferedSource());

            var because = $"seed {seed}, round {round}, {@case.Id()}: {Encoding.Latin1.GetString(input)}";
            Play(@case, options, input, 1, new BufferedSource()).Should().Be(whole, because);
            Play(@case, options, input, random.Next(1, 9), new SegmentedSource()).Should().Be(whole, because);
        }
    }

    [Fact]
    public void Endless_heads_and_lines_are_refused_in_bounded_memory()
    {
        var options = new Http11Options();
        foreach (var (beginning, filler) in new[]
        {
            ("", "a"), ("GET /", "a"), ("GET / HTTP/1.1\r\nX: ", "a"), ("GET / HTTP/1.1\r\n", "X: a\r\n"), ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "0"),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;", "a"),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX:", "a"),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n"),
        })
        {
            var connection = new Http11Connection(Http11Role.Server, options);
            var piece = Encoding.ASCII.GetBytes(filler);
            connection.Receive(Encoding.ASCII.GetBytes(beginning));

            var refuse = () =>
            {
                for (var i = 0; i < 200_000; i++)
                {
                    connection.Receive(piece);
                    for (var reads = 0; reads < 10 && connection.NextEvent() is not Http11EventKind.NeedData; reads++)
                        continue;
                }
            };

            refuse.Should().Throw<RemoteProtocolException>(beginning + filler);
            connection.TrailingData.Length.Should().BeLessThanOrEqualTo(options.MaxHeadSize + piece.Length);
        }
    }

    private static byte[] Mangle(Random random, byte[] message, byte[] other)
    {
        var bytes = new List<byte>(message);
        for (var times = random.Next(1, 5); times > 0; times--)
        {
            var at = random.Next(bytes.Count + 1);
            switch (random.Next(6))
            {
                case 0 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1 when at < bytes.Count:
                    bytes.RemoveRange(at, random.Next(1, Math.Min(8, bytes.Count - at) + 1));
                    break;
                case 2:
                    bytes.InsertRange(at, Encoding.Latin1.GetBytes(Pieces[random.Next(Pieces.Length)]));
                    break;
                case 3 when at < bytes.Count:
                    bytes.InsertRange(at, bytes.GetRange(at, random.Next(1, Math.Min(40, bytes.Count - at) + 1)));
                    break;
                case 4:
                    bytes.InsertRange(at, other.Take(random.Next(other.Length + 1)));
                    break;
                default:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
            }
        }
        return [.. bytes];
    }

    // Everything that is visible, the end of file last; a server answers each request, so that pipelined ones are read too.
    private static string Play(JsonObject @case, Http11Options options, byte[] input, int size, ISource source)
    {
        var connection = new Http11Connection(@case.Role(), options);
        if (connection.Role == Http11Role.Client)
        {
            var request = @case["requests"]![0]!;
            connection.Send(new Http11Request((string)request["method"]!, (string)request["target"]!, [("Host", "a"), ("Connection", "Upgrade"), ("Upgrade", "x")]));
            connection.Send(new Http11EndOfMessage());
        }
        var outcome = new Outcome();
        var next = 0;
        var pieces = input.Chunk(Math.Max(1, size)).ToList();
        try
        {
            for (var reads = 0; reads < MostReads; reads++)
            {
                var kind = source.Next(connection);
                AskForEverything(connection);
                if (kind is Http11EventKind.NeedData or Http11EventKind.Paused)
                {
                    if (next < pieces.Count)
                        source.Add(connection, pieces[next++]);
                    else if (!source.IsEnded)
                        source.End(connection);
                    else
                        return outcome + kind.ToString();
                    continue;
                }
                outcome.Add(EventJson.From(connection.ToEvent(), connection.ClientIsWaitingForContinue));
                if (kind == Http11EventKind.ConnectionClosed)
                    return outcome + "closed";
                if (kind == Http11EventKind.EndOfMessage && connection.Role == Http11Role.Server)
                    Answer(connection);
            }
            throw new InvalidOperationException("There is no end to it.");
        }
        catch (RemoteProtocolException e)
        {
            connection.TheirState.Should().Be(Http11State.Error);
            return $"{outcome}error {e.StatusHint} {e.Message}";
        }
    }

    // Reading the properties is allowed in every state.
    private static void AskForEverything(Http11Connection connection)
    {
        _ = connection.Method.Length + connection.Target.Length + connection.StatusCode + connection.Reason.Length + connection.Data.Length;
        _ = connection.Fields.ToList().Count + connection.Trailers.ToList().Count + connection.Fields.IndexOf("host"u8);
        _ = connection.ToEvent();
    }

    private static void Answer(Http11Connection connection)
    {
        connection.Send(new Http11Response(connection.ClientState == Http11State.MightSwitchProtocol ? 403 : 200, [("Content-Length", "0")]));
        connection.Send(new Http11EndOfMessage());
        if (connection.CanStartNextCycle)
            connection.StartNextCycle();
    }
}
