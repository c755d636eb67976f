using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <content>How a server reads the body of a request.</content>
public partial class HttpExchange
{
    private bool _bodyIsRead;
    private int _isReading;
    private long _bodyBytesRead;
    private TaskCompletionSource? _bodyIsLeft;
    private HttpRefusalException? _bodyRefusal;

    /// <summary>Whether the whole body has been read.</summary>
    protected bool BodyIsRead => _bodyIsRead;

    /// <summary>The most bytes of body that <see cref="ReadBodyAsync"/> takes.</summary>
    protected long MaxRequestBodySize { get; } = long.MaxValue;

    /// <summary>
    /// For the transport, while it reads the body: how many bytes have come so far. A body that comes too slowly is answered 408, and so is one for which there is no memory left.
    /// </summary>
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

    /// <summary>Whether the whole body has been read, for any thread.</summary>
    internal bool HasReadBody => Volatile.Read(ref _bodyIsRead);

    /// <summary>Is told when the body has to be waited for; <c>null</c> where nobody cares. May refuse at <see cref="BodyStage.Come"/>.</summary>
    internal Action<HttpExchange, BodyStage>? BodyObserver { get; set; }

    /// <summary>
    /// Reads the whole body once, into memory that is lent until the handler's task ends; later calls return the same memory. The time
    /// that reading takes does not count against <see cref="JsonRpcServerLimits.HandlerTimeout"/>.
    /// </summary>
    /// <exception cref="HttpRefusalException">
    /// The body is larger than <see cref="JsonRpcServerLimits.MaxRequestBodySize"/> (413; before reading, where the length is told), is cut
    /// off or in doubt (400), or needs a length that it does not tell (411). Left alone, the exception is the reply.
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

    /// <summary>
    /// For the transport: reads the whole body. Called once at most, and not when the told length is over the limit. Counts in
    /// <see cref="BodyBytesRead"/>, and throws <see cref="BodyTooLarge"/> as soon as more than <see cref="MaxRequestBodySize"/> has come.
    /// </summary>
    protected virtual ValueTask<ReadOnlyMemory<byte>> ReadBodyCoreAsync(CancellationToken cancellationToken) => new(RequestBody);

    /// <summary>The refusal of a body over <see cref="MaxRequestBodySize"/>.</summary>
    protected HttpRefusalException BodyTooLarge() =>
        new(413, $"The body is larger than the limit of {MaxRequestBodySize} bytes (JsonRpcServerOptions.Limits.MaxRequestBodySize).");

    /// <summary>For the transport, when the handler has ended: ends when nobody reads the body any more, since a handler may have left a read behind.</summary>
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
            // It was refused while its last piece came: what was refused must not run.
            if (!_right.TryMove(ReplyEvent.BodyCame) && _right.IsLost)
                throw new HttpRefusalException(408, "The call was answered before its body had come.");
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
            // Whoever waits for this says so first and looks then; here it is the other way round.
            Interlocked.Exchange(ref _isReading, 0);
            Volatile.Read(ref _bodyIsLeft)?.TrySetResult();
        }
    }
}
