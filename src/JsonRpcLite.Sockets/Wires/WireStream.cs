using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>The stream below TLS that reads and writes a wire, asynchronously or by blocking like the wire itself.</summary>
/// <param name="wire">The wire.</param>
/// <param name="isBlocking">Whether the wire is used by blocking. Then the asynchronous members block, too.</param>
internal sealed class WireStream(Wire wire, bool isBlocking = false) : Stream
{
    private RecordBoundary _boundary;

    /// <summary>Whether a part of a TLS record has been received, and the rest has not.</summary>
    public bool IsInsideRecord => _boundary.IsInsideRecord;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Reads.</summary>
    /// <remarks>
    /// With an empty buffer it waits, and may return although there is nothing to read. TLS reads with an empty buffer to wait without holding memory. It then reads with a
    /// buffer, and waits in that call.
    /// </remarks>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return wire.WaitAsync();
        var receiving = wire.ReceiveAsync(buffer);
        if (!receiving.IsCompletedSuccessfully)
            return AwaitAsync(receiving, buffer);
        var count = receiving.Result;
        _boundary.Add(buffer.Span[..count]);
        return new ValueTask<int>(count);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!isBlocking)
            return wire.SendAsync(buffer);
        // SslStream sends its close_notify only asynchronously.
        wire.Send(buffer.Span);
        return default;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(Span<byte> buffer)
    {
        // An empty buffer needs no wait: TLS then reads with a buffer, and waits in that call.
        var count = buffer.IsEmpty ? 0 : wire.Receive(buffer);
        _boundary.Add(buffer[..count]);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer) => wire.Send(buffer);

    public override void Write(byte[] buffer, int offset, int count) => wire.Send(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            wire.Dispose();
        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> AwaitAsync(ValueTask<int> receiving, Memory<byte> buffer)
    {
        var count = await receiving.ConfigureAwait(false);
        _boundary.Add(buffer.Span[..count]);
        return count;
    }
}
