namespace JsonRpcLite;

/// <summary>A wire as the stream that TLS stands on.</summary>
/// <param name="wire">The wire.</param>
/// <param name="isBlocking">Whether the wire is used by blocking; then what is asynchronous here blocks, too.</param>
internal sealed class WireStream(Wire wire, bool isBlocking = false) : Stream
{
    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>With an empty buffer, which is how TLS waits without one, it may come back for nothing: TLS reads then, and waits in that.</summary>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => buffer.IsEmpty ? wire.WaitAsync() : wire.ReceiveAsync(buffer);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        wire.ReceiveAsync(buffer.AsMemory(offset, count)).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!isBlocking)
            return wire.SendAsync(buffer);
        // TLS says its end asynchronously alone.
        wire.Send(buffer.Span);
        return default;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <summary>Blocks. An empty buffer, by which TLS waits without one, has nothing to wait for: TLS reads then, and waits in that.</summary>
    public override int Read(Span<byte> buffer) => isBlocking ? buffer.IsEmpty ? 0 : wire.Receive(buffer) : throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (!isBlocking)
            throw new NotSupportedException();
        wire.Send(buffer);
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            wire.Dispose();
        base.Dispose(disposing);
    }
}
