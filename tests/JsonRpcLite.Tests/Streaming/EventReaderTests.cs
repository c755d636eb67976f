using System.Text;

namespace JsonRpcLite.Tests.Streaming;

public class EventReaderTests
{
    /// <summary>The received text, and the data of its events (HTML Living Standard, 9.2.6).</summary>
    public static TheoryData<string, string[]> Streams => new()
    {
        { "", [] },
        { "data: a\n\n", ["a"] },
        { "data:a\n\ndata:  b\n\n", ["a", " b"] },
        { "data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"] },
        { "data: a\r\rdata: b\r\r", ["a", "b"] },
        { "data: a\r\n\rdata: b\n\r\n", ["a", "b"] },
        { "data: a\ndata: b\ndata\n\n", ["a\nb\n"] },
        { "\uFEFFdata: a\n\n", ["a"] },
        { "data: \uFEFFa\n\n\uFEFFdata: not at the beginning\n\n", ["\uFEFFa"] },
        { ": comment\n:\n\ndata: a\n: between\ndata: b\n\n", ["a\nb"] },
        { "event: e\nid: 1\nretry: 5\nunknown: x\nDATA: x\n data: x\ndata: a\n\n", ["a"] },
        { "event: without data\n\n\n\n\ndata: a\n\n", ["a"] },
        { "data: a\n", [] },
        { "data: a\n\ndata: cut", ["a"] },
        { "data: {\"wörld\":\"😀\"}\n\n", ["{\"wörld\":\"😀\"}"] },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void Events_are_the_same_whole_byte_by_byte_and_split_anywhere(string text, string[] events)
    {
        var bytes = Encoding.UTF8.GetBytes(text);

        Read([bytes]).Should().Equal(events);
        Read(bytes.Select(b => new[] { b })).Should().Equal(events);
        for (var split = 1; split < bytes.Length; split++)
            Read([bytes[..split], bytes[split..]]).Should().Equal(events, $"it was split at {split}");
    }

    [Fact]
    public void Random_streams_are_read_as_by_a_simple_reader()
    {
        string[] parts = ["data", ":", " ", "\n", "\r", "\r\n", "a", "data: ", "\n\n", "ö", ": c\n", "id: 1"];
        for (var seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            var text = string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => parts[random.Next(parts.Length)]));
            var bytes = Encoding.UTF8.GetBytes(text);
            var pieces = new List<byte[]>();
            for (var at = 0; at < bytes.Length;)
            {
                var length = Math.Min(random.Next(1, 9), bytes.Length - at);
                pieces.Add(bytes[at..(at + length)]);
                at += length;
            }

            Read(pieces).Should().Equal(ReadSimply(text), $"the seed is {seed}");
        }
    }

    [Fact]
    public void An_event_up_to_the_limit_is_read_and_one_byte_more_is_refused()
    {
        Read([Encoding.UTF8.GetBytes($"data: {new string('x', 100)}\n\n")], maxLength: 106).Single().Length.Should().Be(100);
        FluentActions.Invoking(() => Read([Encoding.UTF8.GetBytes("data: " + new string('x', 101))], maxLength: 106))
            .Should().Throw<BodyTooLargeException>("a line without end must not be gathered");
        FluentActions.Invoking(() => Read([Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("data: 1234567\n", 20)))], maxLength: 106))
            .Should().Throw<BodyTooLargeException>("nor lines without end");
    }

    [Fact]
    public void Large_events_grow_the_memory_and_small_ones_follow_them()
    {
        var large = new string('x', 300_000);

        Read([Encoding.UTF8.GetBytes($"data: a\n\ndata: {large}\n\ndata: b\n\n")]).Should().Equal("a", large, "b");
    }

    private static List<string> Read(IEnumerable<byte[]> pieces, int maxLength = int.MaxValue)
    {
        var reader = new EventReader(maxLength);
        var events = new List<string>();
        foreach (var piece in pieces)
        {
            for (var rest = piece.AsSpan(); ;)
            {
                while (reader.TryRead())
                    events.Add(Encoding.UTF8.GetString(reader.Data.Span));
                if (rest.IsEmpty)
                    break;
                var room = reader.GetRoom().Span;
                var count = Math.Min(room.Length, rest.Length);
                rest[..count].CopyTo(room);
                reader.Fill(count);
                rest = rest[count..];
            }
        }
        reader.Release();
        return events;
    }

    /// <summary>The steps of the standard, one after another, on the whole text.</summary>
    private static List<string> ReadSimply(string text)
    {
        var (events, data, hasData) = (new List<string>(), new StringBuilder(), false);
        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Split('\n');
        foreach (var line in lines[..^1])
        {
            if (line.Length == 0)
            {
                if (hasData)
                    events.Add(data.ToString(0, data.Length - 1));
                data.Clear();
                hasData = false;
                continue;
            }
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (name, value) = colon < 0 ? (line, "") : (line[..colon], line[(colon + 1)..]);
            if (name != "data")
                continue;
            data.Append(value.StartsWith(' ') ? value[1..] : value).Append('\n');
            hasData = true;
        }
        return events;
    }
}
