using System.Buffers;
using System.Text;
using System.Text.Json;

namespace JsonRpcLite.Tests;

public class Utf8TextEncoderTests
{
    [Fact]
    public void Only_what_JSON_requires_is_escaped()
    {
        for (var scalar = 0; scalar <= 0x10FFFF; scalar += scalar < 0x3000 ? 1 : 97)
        {
            if (!Rune.IsValid(scalar))
                continue;
            var text = $"a{new Rune(scalar)}b";
            var expected = scalar switch
            {
                '"' => "a\\\"b",
                '\\' => "a\\\\b",
                '\b' => "a\\bb",
                '\f' => "a\\fb",
                '\n' => "a\\nb",
                '\r' => "a\\rb",
                '\t' => "a\\tb",
                < 0x20 => $"a\\u{scalar:x4}b",
                _ => text,
            };

            Write(text).Should().Be($"\"{expected}\"");
            JsonSerializer.Deserialize<string>(Write(text)).Should().Be(text);
        }
    }

    [Fact]
    public void Long_text_with_everything_in_it_survives()
    {
        var text = string.Concat(Enumerable.Repeat("plain 😀 \"quoted\" \\ \n 家 \u0001 é ", 1000));

        JsonSerializer.Deserialize<string>(Write(text)).Should().Be(text);
        Write(text).Should().Contain("😀").And.NotContain("\\ud83d");
    }

    [Theory]
    [InlineData("\ud800")]
    [InlineData("\ud800\"")]
    [InlineData("a\ud800\n\udc00")]
    [InlineData("a\udc00b")]
    [InlineData("a\ud800\ud800\udc00b")]
    public void A_lone_surrogate_still_becomes_valid_UTF8(string text)
    {
        var written = Write(text);

        written.Should().Contain("\ufffd").And.NotContain("\ud800\"");
        Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(written)).Should().Be(written);
    }

    [Fact]
    public void A_text_is_encoded_piece_by_piece_into_buffers_of_any_size()
    {
        var text = string.Concat(Enumerable.Repeat("plain 😀 \"quoted\" \\ \n 家 \u0001 é", 5));
        var utf8 = Encoding.UTF8.GetBytes(text);
        var expected = Write(text)[1..^1];

        for (var room = 6; room < 80; room++)
        {
            var (characters, bytes) = (new StringBuilder(), new List<byte>());
            var (target, target8) = (new char[room], new byte[room]);
            var (status, status8) = (OperationStatus.DestinationTooSmall, OperationStatus.DestinationTooSmall);
            var (from, from8) = (0, 0);
            for (var rounds = 0; rounds < 1000 && status != OperationStatus.Done; rounds++)
            {
                status = Utf8TextEncoder.Instance.Encode(text.AsSpan(from), target, out var consumed, out var written);
                characters.Append(target, 0, written);
                from += consumed;
            }
            for (var rounds = 0; rounds < 1000 && status8 != OperationStatus.Done; rounds++)
            {
                status8 = Utf8TextEncoder.Instance.EncodeUtf8(utf8.AsSpan(from8), target8, out var consumed, out var written);
                bytes.AddRange(target8.AsSpan(0, written));
                from8 += consumed;
            }

            characters.ToString().Should().Be(expected);
            Encoding.UTF8.GetString([.. bytes]).Should().Be(expected);
        }
    }

    [Fact]
    public void Text_that_does_not_fit_is_not_written()
    {
        var target = new char[3];

        Utf8TextEncoder.Instance.Encode("ab\n", target, out var consumed, out var written).Should().Be(OperationStatus.DestinationTooSmall);
        (consumed, written).Should().Be((2, 2));
    }

    /// <summary>At each position of texts as long as one block of the search, and a little longer.</summary>
    [Theory]
    [InlineData("\"")]
    [InlineData("\\")]
    [InlineData("\u001f")]
    [InlineData("é")]
    [InlineData("é\n")]
    public void The_first_character_to_escape_is_found_wherever_it_stands(string character)
    {
        for (var length = 0; length < 140; length++)
        {
            for (var at = 0; at <= length; at += at is > 20 and < 56 ? 7 : 1)
            {
                var text = Encoding.UTF8.GetBytes($"{new string('a', at)}{character}{new string('z', length - at)}");

                Utf8TextEncoder.Instance.FindFirstCharacterToEncodeUtf8(text).Should().Be(text.AsSpan().IndexOfAny(Utf8TextEncoder.MustEscape));
                text[at] = 0xFF;
                Utf8TextEncoder.Instance.FindFirstCharacterToEncodeUtf8(text).Should().Be(at);
            }
        }
    }

    private static string Write(string text)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = Utf8TextEncoder.Instance }))
        {
            // Both ways in: as characters, and as UTF-8.
            writer.WriteStartArray();
            writer.WriteStringValue(text);
            writer.WriteStringValue(Encoding.UTF8.GetBytes(text));
            writer.WriteEndArray();
        }
        var both = Encoding.UTF8.GetString(stream.ToArray());
        var one = both[1..(both.Length / 2)];
        both.Should().Be($"[{one},{one}]");
        return one;
    }
}
