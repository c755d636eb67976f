namespace JsonRpcLite;

/// <summary>
/// Carries a client's exchanges to a server: sends method, target, fields and body, and fills in status, fields and body of the reply. One
/// transport serves one client and is disposed with it. Thread-safe; an exchange is lent until the call ends.
/// </summary>
/// <remarks>
/// A transport sends to <see cref="HttpExchange.Address"/>, follows no redirect, never sends a request twice that may have been acted on, and stops
/// at <see cref="BodyBuffer.MaxLength"/> of the reply's body.
/// </remarks>
public abstract class ClientTransport : IDisposable
{
    private int _isTaken;

    /// <summary>
    /// The clock for the transport's own time limits: <see cref="JsonRpcClientOptions.TimeProvider"/> of its client, and the system's as long as it serves no client.
    /// </summary>
    protected TimeProvider TimeProvider { get; private set; } = TimeProvider.System;

    /// <summary>Whether what carries the calls writes the <c>traceparent</c> header itself, so that the client must not. <c>false</c> by default.</summary>
    protected internal virtual bool SendsTraceParent => false;

    /// <summary>Sends on the calling thread, and returns when the whole reply is there.</summary>
    /// <inheritdoc cref="SendAsync" path="/exception"/>
    public abstract void Send(HttpExchange exchange, CancellationToken cancellationToken);

    /// <summary>Sends; the task ends when the whole reply is there.</summary>
    /// <exception cref="HttpRequestException">No whole reply came: refused, cut off, no HTTP.</exception>
    /// <exception cref="IOException">The reply was cut off.</exception>
    /// <exception cref="BodyTooLargeException">The reply's body is over its limit.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the connection is closed.</exception>
    public abstract ValueTask SendAsync(HttpExchange exchange, CancellationToken cancellationToken);

    /// <summary>
    /// Sends, and does not wait for the end of an event stream (<c>text/event-stream</c>): the task ends when its head is there. By default it sends as <see cref="SendAsync"/>
    /// does, so that streams come only when they have ended.
    /// </summary>
    /// <returns>
    /// The body of the stream, to be read to its end or disposed, which closes the connection; its reads throw as <see cref="SendAsync"/> does, and are ended by their own token.
    /// <c>null</c> for any other reply, which is in the exchange, all of it.
    /// </returns>
    /// <inheritdoc cref="SendAsync" path="/exception"/>
    public virtual async ValueTask<Stream?> OpenAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        await SendAsync(exchange, cancellationToken).ConfigureAwait(false);
        return null;
    }

    /// <summary>
    /// For transports: says of an exception that no server has had the whole request, so that nothing of the call has run. The client may then try again whatever the call does
    /// (<c>CallFailure.MayHaveRun</c>).
    /// </summary>
    /// <param name="exception">What the transport throws.</param>
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

    /// <summary>Gives it to its one client. A second client would lose its connections when the first is disposed.</summary>
    internal ClientTransport Take(TimeProvider timeProvider)
    {
        if (Interlocked.Exchange(ref _isTaken, 1) != 0)
            throw new InvalidOperationException($"This {GetType().Name} serves a client already. Make a new one for each client.");
        TimeProvider = timeProvider;
        return this;
    }

    /// <summary>Closes the transport's connections.</summary>
    /// <param name="disposing">Always true: a transport holds nothing that needs a finalizer.</param>
    protected virtual void Dispose(bool disposing)
    {
    }
}
