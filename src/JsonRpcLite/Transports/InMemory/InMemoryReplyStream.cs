using System.IO.Pipelines;

namespace JsonRpcLite;

/// <summary>The client side of an in-memory reply in pieces.</summary>
/// <param name="pieces">The pieces that the server sends.</param>
/// <param name="onLeft">Called when the client disposes the stream before its end.</param>
internal sealed class InMemoryReplyStream(PipeReader pieces, Action onLeft) : ReplyStream
{
    private readonly Stream _pieces = pieces.AsStream(leaveOpen: true);
    private bool _isAtEnd;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await _pieces.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _isAtEnd |= count == 0 && !buffer.IsEmpty;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        pieces.Complete();
        if (!_isAtEnd)
            onLeft();
        base.Dispose(disposing);
    }
}
