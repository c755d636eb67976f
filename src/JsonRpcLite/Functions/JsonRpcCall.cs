using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>One call of a method, while it runs.</summary>
/// <remarks>The object and its memory are reused for other calls once the method's task has completed, so do not keep them. Not thread-safe.</remarks>
public sealed class JsonRpcCall
{
    private readonly BodyBuffer _target;
    private readonly Func<Utf8JsonWriter> _makeWriter;

    // Values that few calls need are read on demand.
    private readonly Func<ReadOnlyMemory<byte>> _readId;
    private readonly Func<CancellationToken> _readStopping;
    private Dictionary<object, object?>? _items;

    private ClaimsPrincipal? _user;
    private bool _hasOwnUser;

    private IServiceProvider? _services;
    private Func<JsonRpcCall, IServiceProvider?>? _makeServices;

    /// <summary>The position where the result begins in its buffer.</summary>
    private int _mark;

    internal JsonRpcCall(HttpExchange exchange, BodyBuffer target, Func<Utf8JsonWriter> makeWriter, Func<ReadOnlyMemory<byte>> readId, Func<CancellationToken> readStopping)
    {
        Exchange = exchange;
        (_target, _makeWriter, _readId, _readStopping) = (target, makeWriter, readId, readStopping);
        Result = makeWriter();
    }

    /// <summary>The name under which the method is registered.</summary>
    /// <remarks>For a fallback (<see cref="JsonRpcMethods.AddFallback"/>) it is the name that the caller sent.</remarks>
    public string Method { get; private set; } = "";

    /// <summary>The JSON text of the request's <c>id</c> in UTF-8, exactly as received.</summary>
    /// <remarks>It is a number, a string with its quotation marks, or <c>null</c>. Empty for a notification.</remarks>
    public ReadOnlyMemory<byte> Id => IsNotification ? default : _readId();

    /// <summary>The index of the call in its batch, starting at 0; -1 for a call that is not part of a batch.</summary>
    public int BatchIndex { get; internal init; } = -1;

    /// <summary>The data that middleware and the method share while the call runs.</summary>
    /// <remarks>Empty at first, and created when it is first used. The calls of a batch share <see cref="HttpExchange.Items"/>.</remarks>
    public IDictionary<object, object?> Items => _items ??= [];

    /// <summary>The services for this call; set by middleware, or by a host with dependency injection.</summary>
    /// <remarks><c>null</c> by default.</remarks>
    public IServiceProvider? Services
    {
        get
        {
            if (_makeServices is { } make)
            {
                _makeServices = null;
                HasServices = true;
                _services = make(this);
            }
            return _services;
        }
        set
        {
            (_services, _makeServices) = (value, null);
            HasServices |= value is not null;
        }
    }

    /// <summary>Gets whether <see cref="Services"/> was set, or was read after <see cref="UseServices"/>.</summary>
    public bool HasServices { get; private set; }

    /// <summary>Gets whether no code of the application has run for this call so far.</summary>
    /// <remarks>
    /// If so, a refusal may say <c>notRun</c>, since a repeated call runs nothing twice. Authentication, gates (<see cref="JsonRpcMethods.UseGate(JsonRpcMiddleware)"/>), the
    /// host's own middleware (<see cref="JsonRpcMethods.UseOutermost(JsonRpcMiddleware)"/>) and the middleware that ASP.NET Core runs before an endpoint do not count as
    /// application code. The property is <c>false</c> after any other middleware, around the call or around the exchange, and in the application's own handlers.
    /// </remarks>
    public bool IsUntouched { get; internal set; }

    /// <summary>Cancelled when the server begins to shut down.</summary>
    /// <remarks>The call may still complete until <see cref="JsonRpcServerOptions.DrainTimeout"/> expires; a long-running function can end itself earlier.</remarks>
    public CancellationToken ServerStopping => _readStopping();

    /// <summary>The JSON text of <c>params</c> in UTF-8, an array or an object, exactly as received.</summary>
    /// <remarks>
    /// Empty where the call has none. The text is well-formed, and nested at most 64 levels deep. The method itself must check that an object in it does not have a member twice.
    /// </remarks>
    public ReadOnlyMemory<byte> Parameters { get; private set; }

    /// <summary>The writer of the result, for exactly one JSON value; if nothing is written, the result is <c>null</c>.</summary>
    /// <remarks>
    /// The writer belongs to the server: a method that disposes it fails. If the method fails, the written text is discarded. The result of a notification is never sent.
    /// </remarks>
    public Utf8JsonWriter Result { get; private set; }

    /// <summary>The JSON text of the result written so far, in UTF-8; empty where nothing is written.</summary>
    /// <remarks>Reading it flushes <see cref="Result"/>. It is valid until the result is written to or cleared.</remarks>
    /// <exception cref="ObjectDisposedException">The method has disposed <see cref="Result"/>.</exception>
    public ReadOnlySpan<byte> WrittenResult
    {
        get
        {
            Result.Flush();
            return Stream is { IsFramed: true, IsInLast: false } ? default : _target.WrittenSpan[_mark..];
        }
    }

    /// <summary>Gets whether the call is a notification: the request has no <c>id</c> (JSON-RPC 2.0, 4.1).</summary>
    public bool IsNotification { get; private set; }

    /// <summary>The caller that <see cref="JsonRpcServerOptions.Authenticate"/> returned; <c>null</c> where that is not set.</summary>
    /// <remarks>Middleware or a host may set another one, for this call only.</remarks>
    public ClaimsPrincipal? User
    {
        get => _hasOwnUser ? _user : Exchange.User;
        set => (_user, _hasOwnUser) = (value, true);
    }

    /// <summary>The HTTP exchange that carried the call: its head, and its sender.</summary>
    /// <remarks>The calls of a batch share one exchange. A method must not write its reply.</remarks>
    public HttpExchange Exchange { get; }

    /// <summary>Gets whether the result is being sent as a stream: the items of a sequence, or reports of progress.</summary>
    /// <remarks>If so, <see cref="WrittenResult"/> does not contain the sent part, and the call cannot be repeated by calling <c>next</c> again.</remarks>
    public bool IsStreaming => Stream is { IsFramed: true };

    /// <summary>The result as a stream; <c>null</c> where the caller gets one response.</summary>
    internal ResultStream? Stream { get; private set; }

    /// <summary>Whether middleware is running the call, and the method has not begun.</summary>
    internal bool IsBeforeMethod { get; set; }

    /// <summary>The outcome of the method itself, for a call whose outcome is stored: its result, or the error that it threw.</summary>
    /// <remarks>Middleware may change it afterwards.</remarks>
    internal MethodOutcome Outcome { get; set; }

    /// <summary>Whether the caller gets one response even if it accepts a stream.</summary>
    /// <remarks>Set before the method runs, for this call only.</remarks>
    internal bool IsWhole { get; set; }

    /// <summary>Opens the stream for a caller that accepts one; <c>null</c> where the call cannot stream, as in a batch.</summary>
    internal Func<ResultStream?>? StreamOpener { get; init; }

    /// <summary>Checks the use of <c>next</c> by middleware; <c>null</c> where there was no middleware so far.</summary>
    internal NextGuard? Next { get; set; }

    /// <summary>For hosts: sets a function that creates the services when <see cref="Services"/> is first read.</summary>
    /// <remarks>A call that needs no services creates none. The host must dispose the services when the call has ended (<see cref="HasServices"/>).</remarks>
    /// <param name="make">Creates the services for this call; called at most once.</param>
    public void UseServices(Func<JsonRpcCall, IServiceProvider?> make)
    {
        ArgumentNullException.ThrowIfNull(make);
        (_services, _makeServices) = (null, make);
    }

    /// <summary>Writes a sequence as the result, as a stream if the caller accepts one (<c>Accept: text/event-stream</c>).</summary>
    /// <remarks>
    /// A stream sends each item when it is available. For any other caller, the result is the list of all items. Nothing else may be written to <see cref="Result"/>.
    /// </remarks>
    /// <param name="items">
    /// The items. Items that are available at once may be sent together; otherwise each is sent before waiting for the next. The sequence is always disposed.
    /// </param>
    /// <param name="itemType">The type information by which an item is serialized.</param>
    /// <param name="cancellationToken">The method's token, which is passed to the sequence.</param>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <exception cref="IOException">The client has disconnected.</exception>
    public ValueTask WriteItemsAsync<T>(IAsyncEnumerable<T> items, JsonTypeInfo<T> itemType, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(itemType);
        // The method that calls this belongs to the application.
        IsUntouched = false;
        return WriteItemsAsync(items, new ValueFormat<T>(itemType), cancellationToken);
    }

    /// <inheritdoc cref="WriteItemsAsync{T}(IAsyncEnumerable{T}, JsonTypeInfo{T}, CancellationToken)"/>
    internal ValueTask WriteItemsAsync<T>(IAsyncEnumerable<T> items, ValueFormat<T> format, CancellationToken cancellationToken) =>
        TryOpenStream() is { } stream ? StreamAsync(stream, items, format, cancellationToken) : ListAsync(items, format, cancellationToken);

    /// <summary>Returns the stream of the result, which is opened once; <c>null</c> where the caller gets one response.</summary>
    /// <exception cref="JsonRpcException">The limit of open streams is reached.</exception>
    internal ResultStream? TryOpenStream()
    {
        if (Stream is null && StreamOpener is not null && !IsWhole && !IsNotification && StreamMessage.IsAccepted(Exchange.RequestHeaders["Accept"])
            && Exchange.MayStream && !Exchange.HasBegun)
            Stream = StreamOpener();
        return Stream;
    }

    /// <summary>Runs a function that reports its progress.</summary>
    /// <remarks>If the caller gets a stream, the function runs on another thread than the one that sends its reports, since it may block or be synchronous.</remarks>
    /// <param name="reports">Receives the reports.</param>
    /// <param name="format">How a report is written.</param>
    /// <param name="function">The function. Its result can be written once the returned task has completed.</param>
    internal async ValueTask RunAsync<TReport>(ProgressReports<TReport> reports, ValueFormat<TReport> format, Func<Task> function)
    {
        if (TryOpenStream() is not { } stream)
        {
            await function().ConfigureAwait(false);
            return;
        }
        await stream.SendAsync(reports, format, Task.Run(function, CancellationToken.None)).ConfigureAwait(false);
        if (stream.IsFramed)
            BeginLastMessage();
    }

    /// <summary>Opens the stream of a sequence before its method runs, if the caller can get one.</summary>
    /// <param name="isRequired">Whether to reject callers that cannot get a stream.</param>
    /// <exception cref="JsonRpcException">The caller cannot get the required stream, or the limit of open streams is reached.</exception>
    internal void OpenStream(bool isRequired)
    {
        if (TryOpenStream() is not null || !isRequired || IsNotification)
            return;
        var reason = IsWhole ? ", which is not available to a call with an idempotency key."
            : BatchIndex < 0 && StreamMessage.IsAccepted(Exchange.RequestHeaders["Accept"]) ? $", which this server cannot send over HTTP/{Exchange.ProtocolVersion}."
            : ". Send the header 'Accept: text/event-stream', and not in a batch.";
        throw new JsonRpcException(JsonRpcErrorCodes.StreamOnly, $"The method '{Method}' answers only as a stream{reason}") { IsBeforeMethod = true };
    }

    /// <summary>Begins the last message of a stream: text written to <see cref="Result"/> from now on is the result in it.</summary>
    internal void BeginLastMessage()
    {
        Stream!.BeginLast();
        RpcResponse.BeginResult(_target);
        MarkResult();
        ResetWriter();
    }

    /// <summary>Discards the text written to the result, so that another result can be written.</summary>
    public void ClearResult()
    {
        // Reset also replaces a disposed writer, which reports that nothing is written.
        ResetWriter();
        if (Stream is not { IsFramed: true, IsInLast: false } stream)
        {
            _target.Truncate(_mark);
            return;
        }
        // The next text is the result: of an ordinary reply, or in the message that ends the stream.
        if (!stream.TryUnframe())
        {
            BeginLastMessage();
            return;
        }
        _target.Clear();
        RpcResponse.BeginResult(_target);
        MarkResult();
    }

    /// <summary>Prepares the result before a method is called, which middleware may do more than once.</summary>
    internal void BeginResult()
    {
        if (Stream is not null || Result.BytesPending + Result.BytesCommitted != 0 || _target.Length != _mark)
            BeginResultAgain();
    }

    /// <summary>The rare part of <see cref="BeginResult"/>, in its own method so that the frequent part can be inlined.</summary>
    private void BeginResultAgain()
    {
        if (Exchange.HasBegun && Stream is not null)
            throw new InvalidOperationException($"A part of the result of '{Method}' has been sent as a stream, so the call cannot be repeated.");
        if (Result.BytesPending + Result.BytesCommitted != 0 || _target.Length != _mark)
            ClearResult();
    }

    /// <summary>After a method has ended, checks that it has written one complete value, or nothing.</summary>
    /// <exception cref="InvalidOperationException">The method left its result unfinished, or disposed the writer.</exception>
    /// <exception cref="BodyTooLargeException">The result exceeds its limit.</exception>
    internal void CheckResult()
    {
        if (Result.CurrentDepth != 0)
            throw new InvalidOperationException($"The method '{Method}' left its result unfinished.");
        try
        {
            Result.Flush();
        }
        catch (ObjectDisposedException e)
        {
            throw new InvalidOperationException($"The method '{Method}' disposed its Result writer, which belongs to the server. Do not dispose it.", e);
        }
    }

    internal void Begin(string method, ReadOnlyMemory<byte> parameters, bool isNotification, bool isUntouched)
    {
        Method = method;
        IsUntouched = isUntouched;
        Parameters = parameters;
        IsNotification = isNotification;
        (_services, _makeServices) = (null, null);
        HasServices = false;
        (_user, _hasOwnUser) = (null, false);
        Stream = null;
        IsWhole = false;
        IsBeforeMethod = false;
        Outcome = default;
        _items?.Clear();
        _mark = _target.Length;
        ResetWriter();
    }

    /// <summary>Marks the beginning of the result, after the beginning of the response.</summary>
    internal void MarkResult() => _mark = _target.Length;

    /// <summary>Resets the writer, or replaces it if a method has disposed it.</summary>
    internal void ResetWriter()
    {
        try
        {
            Result.Reset();
        }
        catch (ObjectDisposedException)
        {
            Result = _makeWriter();
        }
    }

    private async ValueTask StreamAsync<T>(ResultStream stream, IAsyncEnumerable<T> items, ValueFormat<T> format, CancellationToken cancellationToken)
    {
        await stream.SendAsync(items, format, cancellationToken).ConfigureAwait(false);
        BeginLastMessage();
    }

    private async ValueTask ListAsync<T>(IAsyncEnumerable<T> items, ValueFormat<T> format, CancellationToken cancellationToken)
    {
        if (!IsNotification)
            Result.WriteStartArray();
        await foreach (var item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (!IsNotification)
                format.Write(Result, item);
        }
        if (!IsNotification)
            Result.WriteEndArray();
    }
}
