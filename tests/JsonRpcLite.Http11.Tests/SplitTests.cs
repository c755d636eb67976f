using System.Text.Json.Nodes;

namespace JsonRpcLite.Http11.Tests;

/// <summary>
/// The outcome does not depend on how the bytes arrive: each case, cut at every position and in every form of reading, gives the same as whole.
/// </summary>
public class SplitTests
{
    private const int LongInput = 1000;

    [Fact]
    public void A_case_cut_anywhere_reads_the_same()
    {
        foreach (var @case in CaseFile.OfKind("parse"))
        {
            var input = ParsePlayer.Input(@case);
            var whole = Shown(ParsePlayer.Play(@case, [input]));

            foreach (var cut in Cuts(input.Length))
            {
                byte[][] pieces = [input[..cut], input[cut..]];
                Shown(ParsePlayer.Play(@case, pieces)).Should().Be(whole, "{0} was cut at {1}", @case.Id(), cut);
                Shown(ParsePlayer.PlayInSegments(@case, pieces)).Should().Be(whole, "{0} came in two segments, cut at {1}", @case.Id(), cut);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(64)]
    public void A_case_in_small_pieces_reads_the_same(int size)
    {
        foreach (var @case in CaseFile.OfKind("parse"))
        {
            var input = ParsePlayer.Input(@case);
            var whole = Shown(ParsePlayer.Play(@case, [input]));

            Shown(ParsePlayer.Play(@case, input.Chunk(size))).Should().Be(whole, "{0} came in pieces of {1}", @case.Id(), size);
            if (input.Length <= 10 * LongInput)
                Shown(ParsePlayer.PlayInSegments(@case, input.Chunk(size))).Should().Be(whole, "{0} came in segments of {1}", @case.Id(), size);
        }
    }

    /// <summary>A short line behind a chunk is read in one step, unless its bytes arrive one by one.</summary>
    [Fact]
    public void Every_short_line_behind_a_chunk_reads_the_same_byte_by_byte()
    {
        const string Digits = "0123456789abcdefABCDEFgG@`/: ;\r\n\t\0\u00ff";
        foreach (var first in Digits)
        {
            foreach (var second in Digits.Prepend('?'))
            {
                var size = second == '?' ? $"{first}" : $"{first}{second}";
                foreach (var end in new[] { "\r\n", "\n", "\r", "\rX", "" })
                {
                    var input = Wire.Bytes($"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n{size}{end}{new string('b', 300)}");

                    BodyOf([input]).Should().Be(BodyOf(input.Chunk(1)), "the line behind the chunk is '{0}{1}'", size, end);
                }
            }
        }

        static string BodyOf(IEnumerable<byte[]> pieces)
        {
            var connection = new Http11Connection(Http11Role.Server);
            var body = "";
            try
            {
                foreach (var piece in pieces)
                {
                    connection.Receive(piece);
                    while (connection.NextEvent() != Http11EventKind.NeedData)
                        body += Wire.Text(connection.Data.Span);
                }
                return body;
            }
            catch (RemoteProtocolException e)
            {
                return $"{body}: {e.Message}";
            }
        }
    }

    [Fact]
    public void All_segments_at_once_read_as_one_buffer_does()
    {
        foreach (var @case in CaseFile.OfKind("parse").Where(c => ParsePlayer.Input(c).Length < LongInput))
        {
            var input = ParsePlayer.Input(@case);

            foreach (var size in new[] { 1, 2, 5, 20 })
            {
                var buffered = ReadAll(@case, new BufferedSource(), [input]);
                var segmented = ReadAll(@case, new SegmentedSource(), [.. input.Chunk(size).SelectMany(piece => new[] { piece, [] })]);
                segmented.Should().Be(buffered, "{0} is in segments of {1}", @case.Id(), size);
            }
        }
    }

    [Fact]
    public void Segments_may_be_cut_differently_between_calls()
    {
        var input = ParsePlayer.Input(CaseFile.All.Single(c => c.Id() == "chunked/pipelined-request-after-a-chunked-body"));
        var random = new Random(11);
        for (var round = 0; round < 500; round++)
        {
            var connection = new Http11Connection(Http11Role.Server);
            var came = 0;
            var start = 0;
            var body = 0;
            for (var call = 0; call < 1000 && connection.Kind != Http11EventKind.Paused; call++)
            {
                var unread = input[start..came];
                var sequence = Segments.Of([.. unread.Chunk(random.Next(1, 20))]);
                var before = sequence.Length;
                if (connection.Read(ref sequence, false) == Http11EventKind.NeedData)
                    came = Math.Min(input.Length, came + random.Next(1, 10));
                if (connection.Kind == Http11EventKind.Data)
                    body += connection.Data.Length;
                start += (int)(before - sequence.Length);
            }

            connection.Kind.Should().Be(Http11EventKind.Paused);
            body.Should().Be(3);
        }
    }

    private static string ReadAll(JsonObject @case, ISource source, byte[][] pieces)
    {
        if (@case.Role() == Http11Role.Client)
            return "";
        var connection = new Http11Connection(Http11Role.Server, @case.Options());
        foreach (var piece in pieces)
            source.Add(connection, piece);
        var outcome = new Outcome();
        try
        {
            for (var reads = 0; reads < 10_000; reads++)
            {
                var kind = source.Next(connection);
                if (kind is Http11EventKind.NeedData or Http11EventKind.Paused)
                    break;
                outcome.Add(EventJson.From(connection.ToEvent(), false));
            }
            outcome.Remaining = System.Text.Encoding.Latin1.GetString(source.Unread(connection));
        }
        catch (RemoteProtocolException e)
        {
            outcome.StatusHint = e.StatusHint;
        }
        return outcome.ToString();
    }

    /// <summary>Everything but the unread bytes after an error, which depend on what has arrived.</summary>
    private static string Shown(Outcome outcome)
    {
        if (outcome.Final == "error")
            outcome.Remaining = "";
        return outcome.ToString();
    }

    private static IEnumerable<int> Cuts(int length) =>
        length <= LongInput ? Enumerable.Range(0, length + 1) : Enumerable.Range(0, 40).Select(i => i * (length / 40)).Append(length - 1);
}
