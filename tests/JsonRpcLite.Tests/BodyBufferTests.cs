using System.Buffers;
using System.Runtime.InteropServices;

namespace JsonRpcLite.Tests;

public class BodyBufferTests
{
    [Fact]
    public void Bytes_that_are_written_in_pieces_are_read_whole()
    {
        var buffer = new BodyBuffer();
        var expected = new byte[100_000];
        new Random(1).NextBytes(expected);

        for (var at = 0; at < expected.Length; at += 777)
            buffer.Write(expected.AsSpan(at, Math.Min(777, expected.Length - at)));

        buffer.WrittenSpan.SequenceEqual(expected).Should().BeTrue();
        buffer.Length.Should().Be(expected.Length);
    }

    [Fact]
    public void The_limit_can_be_reached_and_not_passed()
    {
        var buffer = new BodyBuffer(maxLength: 5);
        buffer.Write("12345"u8);

        var more = () => buffer.Write("6"u8);

        more.Should().Throw<BodyTooLargeException>().Which.MaxLength.Should().Be(5);
        buffer.WrittenSpan.SequenceEqual("12345"u8).Should().BeTrue();
    }

    [Fact]
    public void It_can_be_cut_back_to_a_mark()
    {
        var buffer = new BodyBuffer();
        buffer.Write("good"u8);
        var mark = buffer.Length;
        buffer.Write("half an ans"u8);

        buffer.Truncate(mark);
        buffer.Write("!"u8);

        buffer.WrittenSpan.SequenceEqual("good!"u8).Should().BeTrue();
        FluentActions.Invoking(() => buffer.Truncate(6)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => buffer.Truncate(-1)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void A_head_goes_right_in_front_of_the_body()
    {
        var buffer = new BodyBuffer(headroom: 8);
        buffer.Write("body"u8);

        var whole = buffer.PrependHead("head "u8);

        whole.Span.SequenceEqual("head body"u8).Should().BeTrue();
        buffer.WrittenSpan.SequenceEqual("body"u8).Should().BeTrue();
        FluentActions.Invoking(() => buffer.PrependHead("much too long"u8)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void A_head_can_stand_alone_and_the_headroom_survives_growth()
    {
        var buffer = new BodyBuffer(headroom: 8);
        buffer.PrependHead("head"u8).Span.SequenceEqual("head"u8).Should().BeTrue();

        buffer.Write(new byte[5000]);

        buffer.PrependHead("12345678"u8).Length.Should().Be(5008);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(100_000, false)]
    public void Recycled_it_keeps_a_small_array_and_no_large_one(int length, bool isKept)
    {
        var buffer = new BodyBuffer();
        buffer.Write(new byte[length]);
        MemoryMarshal.TryGetArray(buffer.WrittenMemory, out var first).Should().BeTrue();

        buffer.Recycle();

        buffer.Length.Should().Be(0);
        (MemoryMarshal.TryGetArray(buffer.WrittenMemory, out var next) && next.Array == first.Array).Should().Be(isKept);
    }

    [Fact]
    public void Released_it_is_empty_and_can_be_used_again()
    {
        var buffer = new BodyBuffer();
        buffer.Write("old"u8);

        buffer.Release();
        buffer.Release();

        buffer.Length.Should().Be(0);
        buffer.WrittenMemory.IsEmpty.Should().BeTrue();
        buffer.Write("new"u8);
        buffer.WrittenSpan.SequenceEqual("new"u8).Should().BeTrue();
    }

    [Fact]
    public void More_than_was_asked_for_cannot_be_claimed()
    {
        var buffer = new BodyBuffer();
        var length = buffer.GetSpan(10).Length;

        FluentActions.Invoking(() => buffer.Advance(length + 1)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => buffer.Advance(-1)).Should().Throw<ArgumentOutOfRangeException>();
    }
}
