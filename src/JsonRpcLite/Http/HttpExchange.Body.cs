using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <content>The reading of a request's body, on a server.</content>
public partial class HttpExchange
{
    private bool _bodyIsRead;
    private int _isReading;
    private long _bodyBytesRead;
    private TaskCompletionSource? _bodyIsLeft;
    private HttpRefusalException? _bodyRefusal;

    /// <summary>Gets whether the whole body has been read.</summary>
    protected bool BodyIsRead => _bodyIsRead;

    /// <summary>The maximum body in bytes that <see cref="ReadBodyAsync"/> accepts.</summary>
    protected long MaxRequestBodySize { get; } = long.MaxValue;

    /// <summary>For the transport, while it reads the body: the number of bytes received so far.</summary>
    /// <remarks>A body that arrives too slowly is answered with 408, and so is one for which no memory is left.</remarks>
    protected internal long BodyBytesRead
    {
        get => Volatile.Read(ref _bodyBytesRead);
        protected set
        {
            Volatile.Write(ref _bodyBytesRead, value);
            if (Volatile.Read(ref _isReading) != 0)
                BodyObserver?.Invoke(this, BodyStage.Coming);
        }
    }

    /// <summary>Whether the whole body has been read; may be called from any thread.</summary>
    internal bool HasReadBody => Volatile.Read(ref _bodyIsRead);

    /// <summary>Called with the progress of reading a body that must be waited for; may reject it at <see cref="BodyStage.Come"/>.</summary>
    /// <remarks><c>null</c> where there is no observer.</remarks>
    internal Action<HttpExchange, BodyStage>? BodyObserver { get; set; }

    /// <summary>Reads the whole body once; later calls return the same memory.</summary>
    /// <remarks>The memory is valid until the handler's task completes. The time for reading does not count against <see cref="JsonRpcServerLimits.HandlerTimeout"/>.</remarks>
    /// <exception cref="HttpRefusalException">
    /// The body is larger than <see cref="JsonRpcServerLimits.MaxRequestBodySize"/> (413; before reading, where the length is declared), is cut off or ambiguous (400), or needs
    /// a declared length and has none (411). If the handler does not catch the exception, it becomes the reply.
    /// </exception>
    public ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync(CancellationToken cancellationToken = default)
    {
        if (_bodyIsRead)
            return new(RequestBody);
        if (_hasBegun)
            return ValueTask.FromException<ReadOnlyMemory<byte>>(new InvalidOperationException($"The body cannot be read after the first {nameof(FlushAsync)}. Read it before."));
        if (_bodyRefusal is not null)
            return ValueTask.FromException<ReadOnlyMemory<byte>>(_bodyRefusal);
        if (ContentLength > MaxRequestBodySize)
            return ValueTask.FromException<ReadOnlyMemory<byte>>(BodyTooLarge());
        var reading = ReadBodyCoreAsync(cancellationToken);
        if (!reading.IsCompletedSuccessfully)
            return AwaitBodyAsync(reading);
        RequestBody = reading.Result;
        _bodyIsRead = true;
        return new(RequestBody);
    }

    /// <summary>For the transport: reads the whole body.</summary>
    /// <remarks>
    /// Called at most once, and not if the declared length exceeds the limit. It counts in <see cref="BodyBytesRead"/>, and throws <see cref="BodyTooLarge"/> as soon as more
    /// than <see cref="MaxRequestBodySize"/> has arrived.
    /// </remarks>
    protected virtual ValueTask<ReadOnlyMemory<byte>> ReadBodyCoreAsync(CancellationToken cancellationToken) => new(RequestBody);

    /// <summary>Creates the exception that rejects a body larger than <see cref="MaxRequestBodySize"/>.</summary>
    protected HttpRefusalException BodyTooLarge() =>
        new(413, $"The body is larger than the limit of {MaxRequestBodySize} bytes (JsonRpcServerOptions.Limits.MaxRequestBodySize).");

    /// <summary>For the transport, after the handler has completed: completes when no read of the body is pending.</summary>
    /// <remarks>A handler may leave a read pending.</remarks>
    protected internal Task WhenBodyIsLeft()
    {
        if (Volatile.Read(ref _isReading) == 0)
            return Task.CompletedTask;
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _bodyIsLeft, left);
        return Volatile.Read(ref _isReading) == 0 ? Task.CompletedTask : left.Task;
    }



    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadOnlyMemory<byte>> AwaitBodyAsync(ValueTask<ReadOnlyMemory<byte>> reading)
    {
        Volatile.Write(ref _isReading, 1);
        try
        {
            BodyObserver?.Invoke(this, BodyStage.Awaited);
            RequestBody = await reading.ConfigureAwait(false);
            BodyObserver?.Invoke(this, BodyStage.Come);
            // The call was refused while its last bytes arrived: a refused call must not run.
            if (!_right.TryMove(ReplyEvent.BodyCame) && _right.IsLost)
                throw new HttpRefusalException(408, "The call was answered before its body arrived.");
            _bodyIsRead = true;
            return RequestBody;
        }
        catch (HttpRefusalException refusal)
        {
            _bodyRefusal = refusal;
            throw;
        }
        finally
        {
            BodyObserver?.Invoke(this, BodyStage.Left);
            // Two threads meet here: the reader, which writes _isReading and then reads _bodyIsLeft, and the transport in WhenBodyIsLeft, which writes _bodyIsLeft and then reads
            // _isReading. Both writes are full fences, so at least one thread sees the other's write.
            Interlocked.Exchange(ref _isReading, 0);
            Volatile.Read(ref _bodyIsLeft)?.TrySetResult();
        }
    }
}
