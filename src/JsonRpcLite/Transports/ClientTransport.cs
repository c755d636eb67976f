namespace JsonRpcLite;

/// <summary>Carries a client's exchanges to a server.</summary>
/// <remarks>
/// It sends method, target, header fields and body of the request, and fills in status, header fields and body of the reply. One transport serves one client and is disposed with
/// it. Thread-safe. It may use an exchange until the call ends. A transport sends to <see cref="HttpExchange.Address"/>, does not follow redirects, never repeats a request that
/// the server may have acted on, and stops at <see cref="BodyBuffer.MaxLength"/> of the reply's body.
/// </remarks>
public abstract class ClientTransport : IDisposable
{
    private int _isTaken;

    /// <summary>The clock for the transport's own time limits.</summary>
    /// <remarks>It is <see cref="JsonRpcClientOptions.TimeProvider"/> of its client, and the system's clock while the transport has no client.</remarks>
    protected TimeProvider TimeProvider { get; private set; } = TimeProvider.System;

    /// <summary>Gets whether the transport writes the <c>traceparent</c> header itself, so that the client must not.</summary>
    /// <remarks><c>false</c> by default.</remarks>
    protected internal virtual bool SendsTraceParent => false;

    /// <summary>Sends a request on the calling thread, and returns when the whole reply has arrived.</summary>
    /// <inheritdoc cref="SendAsync" path="/exception"/>
    public abstract void Send(HttpExchange exchange, CancellationToken cancellationToken);

    /// <summary>Sends a request; the task completes when the whole reply has arrived.</summary>
    /// <exception cref="HttpRequestException">No complete reply came: the connection was refused or cut off, or the reply is not HTTP.</exception>
    /// <exception cref="IOException">The reply was cut off.</exception>
    /// <exception cref="BodyTooLargeException">The reply's body exceeds its limit.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled; its connection is closed.</exception>
    public abstract ValueTask SendAsync(HttpExchange exchange, CancellationToken cancellationToken);

    /// <summary>Sends a request, and does not wait for the end of an event stream (<c>text/event-stream</c>).</summary>
    /// <remarks>
    /// For a stream, the task completes when the head has arrived. The default implementation calls <see cref="SendAsync"/>, so that a stream is available only when it has
    /// ended.
    /// </remarks>
    /// <returns>
    /// The body of the stream, which the caller reads to its end or disposes; disposing it earlier closes the connection. Its reads throw the same exceptions as
    /// <see cref="SendAsync"/>, and have their own cancellation token. <c>null</c> for any other reply, which is completely in the exchange.
    /// </returns>
    /// <inheritdoc cref="SendAsync" path="/exception"/>
    public virtual async ValueTask<Stream?> OpenAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        await SendAsync(exchange, cancellationToken).ConfigureAwait(false);
        return null;
    }

    /// <summary>For transports: marks an exception to say that no server has received the whole request.</summary>
    /// <remarks>So nothing of the call has run, and the client may retry it whatever it does (<c>CallFailure.MayHaveRun</c>).</remarks>
    /// <param name="exception">The exception that the transport throws.</param>
    protected static void MarkUnsent(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        FailureMark.SetUnsent(exception);
    }

    /// <summary>Closes the transport's connections.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Assigns the transport to its only client.</summary>
    /// <remarks>A second client would lose its connections when the first is disposed.</remarks>
    internal ClientTransport Take(TimeProvider timeProvider)
    {
        if (Interlocked.Exchange(ref _isTaken, 1) != 0)
            throw new InvalidOperationException($"This {GetType().Name} already serves a client. Create a new one for each client.");
        TimeProvider = timeProvider;
        return this;
    }

    /// <summary>Closes the transport's connections.</summary>
    /// <param name="disposing">Always true: a transport has no finalizer.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
