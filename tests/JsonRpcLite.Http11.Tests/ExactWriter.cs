using System.Buffers;

namespace JsonRpcLite.Http11.Tests;

/// <summary>Returns exactly as much memory as is requested, so that a request for too little fails.</summary>
internal sealed class ExactWriter : IBufferWriter<byte>
{
    private readonly List<byte> _written = [];
    private byte[] _room = [];

    public ReadOnlySpan<byte> Written => _written.ToArray();

    public void Advance(int count)
    {
        count.Should().BeLessThanOrEqualTo(_room.Length);
        _written.AddRange(_room.AsSpan(0, count));
        _room = [];
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => _room = new byte[Math.Max(1, sizeHint)];

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}
