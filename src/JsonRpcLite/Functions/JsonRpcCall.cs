using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>
/// One call of a method, while it runs. Lent: the object and its memory serve other calls when the method's task has ended. Not thread-safe.
/// </summary>
public sealed class JsonRpcCall
{
    private readonly BodyBuffer _target;
    private readonly Func<Utf8JsonWriter> _makeWriter;

    // What few calls ask for is read when they do.
    private readonly Func<ReadOnlyMemory<byte>> _readId;
    private readonly Func<CancellationToken> _readStopping;
    private Dictionary<object, object?>? _items;

    private ClaimsPrincipal? _user;
    private bool _hasOwnUser;

    private IServiceProvider? _services;
    private Func<JsonRpcCall, IServiceProvider?>? _makeServices;

    /// <summary>Where the result begins in its buffer.</summary>
    private int _mark;

    internal JsonRpcCall(HttpExchange exchange, BodyBuffer target, Func<Utf8JsonWriter> makeWriter, Func<ReadOnlyMemory<byte>> readId, Func<CancellationToken> readStopping)
    {
        Exchange = exchange;
        (_target, _makeWriter, _readId, _readStopping) = (target, makeWriter, readId, readStopping);
        Result = makeWriter();
    }

    /// <summary>The name under which the method is registered; for a fallback (<see cref="JsonRpcMethods.AddFallback"/>) the name that the caller sent.</summary>
    public string Method { get; private set; } = "";

    /// <summary>The JSON text of the request's <c>id</c> in UTF-8, as it came: a number, a string with its quotation marks, or <c>null</c>. Empty for a notification.</summary>
    public ReadOnlyMemory<byte> Id => IsNotification ? default : _readId();

    /// <summary>The place of the call in its batch, beginning with 0; -1 for a call that is not part of a batch.</summary>
    public int BatchIndex { get; internal init; } = -1;

    /// <summary>
    /// What middleware and the method share while the call runs. Empty at first, and created when it is first used; <see cref="HttpExchange.Items"/> is shared by all calls of a
    /// batch.
    /// </summary>
    public IDictionary<object, object?> Items => _items ??= [];

    /// <summary>The services for this call. <c>null</c> by default; set by middleware, or by a host with dependency injection.</summary>
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

    /// <summary>Whether the call has had services: <see cref="Services"/> was set, or was asked for after <see cref="UseServices"/>.</summary>
    public bool HasServices { get; private set; }

    /// <summary>Whether no code of the application has run for this call so far.</summary>
    /// <remarks>
    /// Then a refusal may say <c>notRun</c>: a repetition runs nothing twice. Authentication, gates (<see cref="JsonRpcMethods.UseGate(JsonRpcMiddleware)"/>), the host's own
    /// middleware (<see cref="JsonRpcMethods.UseOutermost(JsonRpcMiddleware)"/>) and what ASP.NET Core runs in front of an endpoint do not count. It is <c>false</c> behind any
    /// other middleware, around the call or around the exchange, and in a handler of the application's own.
    /// </remarks>
    public bool IsUntouched { get; internal set; }

    /// <summary>
    /// Cancelled when the server begins to shut down. The call may still finish until <see cref="JsonRpcServerOptions.DrainTimeout"/> is over; a function that takes long can end
    /// itself earlier.
    /// </summary>
    public CancellationToken ServerStopping => _readStopping();

    /// <summary>
    /// The JSON text of <c>params</c> in UTF-8, an array or an object, byte for byte as it came; empty where there are none. It is well-formed, and nested no
    /// deeper than 64 levels; that no object in it has a member twice is for the method to see to.
    /// </summary>
    public ReadOnlyMemory<byte> Parameters { get; private set; }

    /// <summary>
    /// Takes the result: exactly one JSON value; <c>null</c> where nothing is written. Lent: a method that disposes it fails. What was written is thrown away when the method
    /// fails. Of a notification nothing is ever sent.
    /// </summary>
    public Utf8JsonWriter Result { get; private set; }

    /// <summary>
    /// The JSON text of the result as far as it is written, in UTF-8; empty where nothing is. Flushes <see cref="Result"/>. Valid until the result is written to or cleared.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The method has disposed <see cref="Result"/>.</exception>
    public ReadOnlySpan<byte> WrittenResult
    {
        get
        {
            Result.Flush();
            return Stream is { IsFramed: true, IsInLast: false } ? default : _target.WrittenSpan[_mark..];
        }
    }

    /// <summary>Whether the caller wants no answer: the request has no <c>id</c> (JSON-RPC 2.0, 4.1).</summary>
    public bool IsNotification { get; private set; }

    /// <summary>
    /// The authenticated caller, as <see cref="JsonRpcServerOptions.Authenticate"/> says; <c>null</c> where that is not set. Set by middleware, or by a host, it is another for
    /// this call alone.
    /// </summary>
    public ClaimsPrincipal? User
    {
        get => _hasOwnUser ? _user : Exchange.User;
        set => (_user, _hasOwnUser) = (value, true);
    }

    /// <summary>The HTTP exchange that brought the call: its head, and who sent it. The calls of a batch share one; its reply is not the method's to write.</summary>
    public HttpExchange Exchange { get; }

    /// <summary>
    /// Whether the result is on its way as a stream: the items of a sequence, or reports of progress. Then <see cref="WrittenResult"/> does not hold what has left, and the call
    /// cannot be repeated by calling <c>next</c> again.
    /// </summary>
    public bool IsStreaming => Stream is { IsFramed: true };

    /// <summary>The result as a stream; <c>null</c> where the caller gets one response.</summary>
    internal ResultStream? Stream { get; private set; }

    /// <summary>Whether middleware has the call, and the method has not begun.</summary>
    internal bool IsBeforeMethod { get; set; }

    /// <summary>
    /// What the method itself has come to, for a call whose outcome is kept: its result, or the error that it has thrown. Middleware may make something else of it.
    /// </summary>
    internal MethodOutcome Outcome { get; set; }

    /// <summary>Whether the caller gets one response, also where it accepts a stream. Set before the method runs, for this call alone.</summary>
    internal bool IsWhole { get; set; }

    /// <summary>Makes the stream for a caller that accepts one; <c>null</c> where the call can have none, as in a batch.</summary>
    internal Func<ResultStream?>? StreamOpener { get; init; }

    /// <summary>Watches over the <c>next</c> of middleware; <c>null</c> where there was none so far.</summary>
    internal NextGuard? Next { get; set; }

    /// <summary>
    /// Has the services made when <see cref="Services"/> is first asked for, for hosts: a call that needs none costs none. What is made is the host's to end, when the call has
    /// ended (<see cref="HasServices"/>).
    /// </summary>
    /// <param name="make">Makes the services for this call; called once at most.</param>
    public void UseServices(Func<JsonRpcCall, IServiceProvider?> make)
    {
        ArgumentNullException.ThrowIfNull(make);
        (_services, _makeServices) = (null, make);
    }

    /// <summary>
    /// Writes a sequence as the result: each item goes to the caller when it is made, if the caller accepts a stream (<c>Accept: text/event-stream</c>); else the result is the
    /// list of all items. Nothing else may be written to <see cref="Result"/>.
    /// </summary>
    /// <param name="items">The items. Those that are ready at once may leave together; else one has left before the next is waited for. The sequence is disposed in any
    /// case.</param>
    /// <param name="itemType">How an item becomes JSON.</param>
    /// <param name="cancellationToken">The method's own token, for the sequence.</param>
    /// <typeparam name="T">The type of the items.</typeparam>
    /// <exception cref="IOException">The client is gone.</exception>
    public ValueTask WriteItemsAsync<T>(IAsyncEnumerable<T> items, JsonTypeInfo<T> itemType, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(itemType);
        // The method that has called this is the application's.
        IsUntouched = false;
        return WriteItemsAsync(items, new ValueFormat<T>(itemType), cancellationToken);
    }

    /// <inheritdoc cref="WriteItemsAsync{T}(IAsyncEnumerable{T}, JsonTypeInfo{T}, CancellationToken)"/>
    internal ValueTask WriteItemsAsync<T>(IAsyncEnumerable<T> items, ValueFormat<T> format, CancellationToken cancellationToken) =>
        TryOpenStream() is { } stream ? StreamAsync(stream, items, format, cancellationToken) : ListAsync(items, format, cancellationToken);

    /// <summary>The stream of the result, opened once, before the method runs; <c>null</c> where the caller gets one response.</summary>
    /// <exception cref="JsonRpcException">As many streams are open as may be.</exception>
    internal ResultStream? TryOpenStream()
    {
        if (Stream is null && StreamOpener is not null && !IsWhole && !IsNotification && StreamMessage.IsAccepted(Exchange.RequestHeaders["Accept"])
            && Exchange.MayStream && !Exchange.HasBegun)
            Stream = StreamOpener();
        return Stream;
    }

    /// <summary>
    /// Runs a function that reports its progress. Where the caller gets a stream, it runs apart from what sends its reports, since it may block, or never be asynchronous
    /// at all.
    /// </summary>
    /// <param name="reports">Takes the reports.</param>
    /// <param name="format">How a report becomes JSON.</param>
    /// <param name="function">The function. When the task has ended, its result can be written.</param>
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

    /// <summary>Opens the stream of a sequence before anything of its method runs, where the caller can have one.</summary>
    /// <param name="isRequired">Whether other callers are refused.</param>
    /// <exception cref="JsonRpcException">The caller can have no stream, and needs one; or as many are open as may be.</exception>
    internal void OpenStream(bool isRequired)
    {
        if (TryOpenStream() is not null || !isRequired || IsNotification)
            return;
        var reason = IsWhole ? ", which a call with an idempotency key cannot get."
            : BatchIndex < 0 && StreamMessage.IsAccepted(Exchange.RequestHeaders["Accept"]) ? $", which this server cannot send over HTTP/{Exchange.ProtocolVersion}."
            : ". Send the header 'Accept: text/event-stream', and not in a batch.";
        throw new JsonRpcException(JsonRpcErrorCodes.StreamOnly, $"The method '{Method}' answers only as a stream{reason}") { IsBeforeMethod = true };
    }

    /// <summary>All messages of a stream have left. What is written to <see cref="Result"/> now is the result in the response that ends it.</summary>
    internal void BeginLastMessage()
    {
        Stream!.BeginLast();
        RpcResponse.BeginResult(_target);
        MarkResult();
        ResetWriter();
    }

    /// <summary>Discards what was written of the result, so that another can be written in its place.</summary>
    public void ClearResult()
    {
        // A disposed writer has nothing written either, as far as it says.
        ResetWriter();
        if (Stream is not { IsFramed: true, IsInLast: false } stream)
        {
            _target.Truncate(_mark);
            return;
        }
        // What is written next is the result: of an ordinary reply, or in the message that ends the stream.
        if (!stream.TryUnframe())
        {
            BeginLastMessage();
            return;
        }
        _target.Clear();
        RpcResponse.BeginResult(_target);
        MarkResult();
    }

    /// <summary>Before a method is called, by middleware perhaps for the second time.</summary>
    internal void BeginResult()
    {
        if (Stream is not null || Result.BytesPending + Result.BytesCommitted != 0 || _target.Length != _mark)
            BeginResultAgain();
    }

    /// <summary>Apart, so that what nearly every call does is short enough to be inlined into each middleware.</summary>
    private void BeginResultAgain()
    {
        if (Exchange.HasBegun && Stream is not null)
            throw new InvalidOperationException($"A part of the result of '{Method}' has been sent as a stream, so that the call cannot be repeated.");
        if (Result.BytesPending + Result.BytesCommitted != 0 || _target.Length != _mark)
            ClearResult();
    }

    /// <summary>When a method has ended: what it has written is one whole value, or nothing.</summary>
    /// <exception cref="InvalidOperationException">It left its result unfinished, or disposed it.</exception>
    /// <exception cref="BodyTooLargeException">The result is over its limit.</exception>
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
            throw new InvalidOperationException($"The method '{Method}' disposed its result, which is only lent to it.", e);
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

    /// <summary>What is written next is the result: the beginning of the response stands before it.</summary>
    internal void MarkResult() => _mark = _target.Length;

    /// <summary>Begins the writer anew. The method before may have disposed it.</summary>
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
