using System.Buffers;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using JsonRpcLite.CompilerServices;

namespace JsonRpcLite;

/// <summary>Several calls and notifications that one HTTP exchange carries (JSON-RPC 2.0, 6).</summary>
/// <remarks>
/// Add calls, then send the batch once. Each call's task then completes with its own result or its own exception. Not thread-safe. A call's task does not complete before the
/// batch is sent, so await it after <see cref="SendAsync"/>. If the batch is not sent within <see cref="JsonRpcClientOptions.Timeout"/> after the last call was added, the tasks
/// fail with an <see cref="InvalidOperationException"/>, and the batch cannot be sent any more. Disposing the batch or its client fails the tasks of an unsent batch at once.
/// </remarks>
/// <example>
/// <code>
/// var batch = client.CreateBatch();
/// var sum = batch.CallAsync&lt;int>("sum", new[] { 1, 2, 4 });
/// var user = batch.CallAsync("user.get", new { id = 7 });
/// batch.Notify("update", new[] { 1 });
/// await batch.SendAsync();
/// Console.WriteLine(await sum);
/// </code>
/// </example>
public sealed class JsonRpcBatch : IDisposable
{
    private readonly ClientCalls _calls;
    private readonly RpcRequestWriter _writer;
    private readonly JsonRpcSerializer _serializer;
    private readonly JsonRpcCallOptions? _options;
    private readonly TimeSpan _timeout;
    private readonly BodyBuffer _body = new();
    private readonly Dictionary<long, Pending> _pending = [];

    /// <summary>The methods of the notifications, for metrics.</summary>
    private readonly List<string> _notified = [];

    /// <summary>Guards against the timer and the client's disposal, which fail pending calls on other threads.</summary>
    private readonly Lock _lock = new();
    private readonly CancellationTokenRegistration _clientDisposed;
    private ITimer? _unsentTimer;
    private bool _isSent;

    /// <summary>The weakest idempotency of all calls and notifications in the batch.</summary>
    private JsonRpcIdempotency _idempotency = JsonRpcIdempotency.Safe;

    /// <summary>The reason why the batch can no longer be sent, though it was not; <c>null</c> while it can.</summary>
    private Exception? _end;

    internal JsonRpcBatch(ClientCalls calls, RpcRequestWriter writer, JsonRpcSerializer serializer, JsonRpcCallOptions? options = null)
    {
        _options = options;
        _timeout = options?.Timeout ?? calls.Timeout;
        _calls = calls;
        _writer = writer;
        _serializer = serializer;
        _clientDisposed = calls.Disposed.UnsafeRegister(
            static batch => ((JsonRpcBatch)batch!).End(new ObjectDisposedException(nameof(JsonRpcClient), "The client was disposed before the batch was sent.")), this);
    }

    /// <summary>The number of calls and notifications that were added.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a call.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="parameters">The parameters: an object by name, an array or a tuple by position, <c>null</c> for none.</param>
    /// <returns>
    /// The call's task; await it after <see cref="SendAsync"/>. It completes when the batch was sent: with the result, or with the exceptions of
    /// <see cref="JsonRpcClient.CallAsync(string, object?, CancellationToken)"/>. It fails with an <see cref="InvalidOperationException"/> when the batch is not sent within
    /// <see cref="JsonRpcClientOptions.Timeout"/>.
    /// </returns>
    /// <exception cref="ArgumentException">The parameters are a single value.</exception>
    /// <exception cref="InvalidOperationException">The batch was already sent, or was not sent in time.</exception>
    /// <exception cref="ObjectDisposedException">The batch or its client was disposed.</exception>
    /// <exception cref="NotSupportedException">The parameters have no JSON contract.</exception>
    public Task<JsonNode?> CallAsync(string method, object? parameters = null) => CallAsync<JsonNode?>(method, parameters);

    /// <inheritdoc cref="CallAsync(string, object?)"/>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    public Task<TResult> CallAsync<TResult>(string method, object? parameters = null) =>
        AddCall(method, _serializer.InputOf<TResult>(), (body, id) => _writer.WriteUntyped(body, method, parameters, id));

    /// <inheritdoc cref="CallAsync{TResult}(string, object?)"/>
    /// <typeparam name="TParams">The type by which the parameters are serialized, whatever their type at run time.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    public Task<TResult> CallAsync<TParams, TResult>(string method, TParams parameters) =>
        AddCall(method, _serializer.InputOf<TResult>(), (body, id) => _writer.Write(body, method, parameters, id));

    /// <summary>Adds a notification, which is never answered.</summary>
    /// <inheritdoc cref="CallAsync(string, object?)" path="/param|/exception"/>
    public void Notify(string method, object? parameters = null) => AddNotification(method, (body, id) => _writer.WriteUntyped(body, method, parameters, id));

    /// <summary>Creates a proxy of a contract, whose calls are added to the batch.</summary>
    /// <remarks>
    /// A call's task completes when the batch was sent, so await it after <see cref="SendAsync"/>. A cancelled token ends only the wait for its call; the batch still sends the
    /// call. Synchronous methods with a result, and methods that stream or report progress, throw a <see cref="NotSupportedException"/>.
    /// </remarks>
    /// <typeparam name="T">A partial interface with <see cref="JsonRpcContractAttribute"/>.</typeparam>
    /// <exception cref="NotSupportedException">The type of a parameter or a result has no JSON contract.</exception>
    /// <example>
    /// <code>
    /// var batch = client.CreateBatch();
    /// var calculator = batch.As&lt;ICalculator>();
    /// var difference = calculator.SubtractAsync(5, 2);
    /// var sum = calculator.AddAsync(5, 2);
    /// await batch.SendAsync();
    /// Console.WriteLine($"{await difference} {await sum}");
    /// </code>
    /// </example>
    public T As<T>()
        where T : class, IJsonRpcContract<T> => T.CreateProxy(new BatchChannel(this, _serializer));

    /// <summary>Sends the batch and completes every call's task.</summary>
    /// <remarks>Blocks the thread until the reply has arrived.</remarks>
    /// <exception cref="InvalidOperationException">The batch is empty, was already sent, or was not sent in time.</exception>
    /// <exception cref="ObjectDisposedException">The batch or its client was disposed.</exception>
    /// <exception cref="JsonRpcException">The server rejected the batch as a whole; the tasks fail with the same exception.</exception>
    /// <exception cref="HttpRequestException">No valid reply came; the tasks fail with the same exception.</exception>
    /// <exception cref="TaskCanceledException">The batch took longer than <see cref="JsonRpcClientOptions.Timeout"/>; the tasks fail with the same exception.</exception>
    public void Send()
    {
        using var call = Begin();
        Exception? failure = null;
        try
        {
            call.Send();
            Complete(call);
        }
        catch (Exception e)
        {
            failure = e;
            Fail(call, e);
            throw;
        }
        finally
        {
            Measure(call, failure);
        }
    }

    /// <summary>Sends the batch; the returned task completes when every call's task has completed.</summary>
    /// <inheritdoc cref="Send" path="/exception"/>
    /// <param name="cancellationToken">Cancels the batch and all its calls.</param>
    public async Task SendAsync(CancellationToken cancellationToken = default)
    {
        using var call = Begin();
        Exception? failure = null;
        try
        {
            await call.SendAsync(cancellationToken).ConfigureAwait(false);
            Complete(call);
        }
        catch (Exception e)
        {
            failure = e;
            Fail(call, e);
            throw;
        }
        finally
        {
            Measure(call, failure);
        }
    }

    /// <summary>Fails the calls of a batch that was not sent.</summary>
    /// <remarks>Does nothing after <see cref="Send"/> or <see cref="SendAsync"/>.</remarks>
    public void Dispose() => End(new ObjectDisposedException(nameof(JsonRpcBatch), "The batch was disposed before it was sent."));

    /// <param name="method">The method's name.</param>
    /// <param name="type">The type of the result.</param>
    /// <param name="write">Writes the request with an id.</param>
    /// <param name="idempotency">The call's idempotency according to the contract.</param>
    internal Task<TResult> AddCall<TResult>(string method, JsonTypeInfo<TResult> type, Action<BodyBuffer, long?> write, JsonRpcIdempotency idempotency = JsonRpcIdempotency.None)
    {
        var pending = new Pending<TResult>(method, type);
        Add(method, write, pending, idempotency);
        return pending.Task;
    }

    /// <param name="method">The method's name.</param>
    /// <param name="write">Writes the request without an id.</param>
    /// <param name="idempotency">The notification's idempotency according to the contract.</param>
    internal void AddNotification(string method, Action<BodyBuffer, long?> write, JsonRpcIdempotency idempotency = JsonRpcIdempotency.None) =>
        Add(method, write, pending: null, idempotency);

    private void Add(string method, Action<BodyBuffer, long?> write, Pending? pending, JsonRpcIdempotency idempotency)
    {
        lock (_lock)
            AddLocked(method, write, pending, idempotency);
    }

    private void AddLocked(string method, Action<BodyBuffer, long?> write, Pending? pending, JsonRpcIdempotency idempotency)
    {
        if (_isSent)
            throw new InvalidOperationException("The batch was already sent. Create another.");
        ThrowIfEnded();
        var mark = _body.Length;
        var id = _calls.NextId();
        try
        {
            _body.Write(Count == 0 ? "["u8 : ","u8);
            write(_body, pending is null ? null : id);
        }
        catch
        {
            _body.Truncate(mark);
            throw;
        }
        Count++;
        if (idempotency < _idempotency)
            _idempotency = idempotency;
        if (pending is null)
        {
            _notified.Add(method);
            return;
        }
        _pending.Add(id, pending);
        if (_timeout == Timeout.InfiniteTimeSpan)
            return;
        _unsentTimer ??= _calls.TimeProvider.CreateTimer(static batch => ((JsonRpcBatch)batch!).EndUnsent(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _unsentTimer.Change(_timeout, Timeout.InfiniteTimeSpan);
    }

    private ClientCall Begin()
    {
        lock (_lock)
        {
            if (_isSent)
                throw new InvalidOperationException("The batch was already sent. Create another.");
            ThrowIfEnded();
            if (Count == 0)
                throw new InvalidOperationException("The batch is empty, which is an error (JSON-RPC 2.0, 6). Add a call or a notification before sending it.");
            _isSent = true;
        }
        _unsentTimer?.Dispose();
        _clientDisposed.Unregister();
        var call = _calls.Begin(HeaderFields.JsonRpcKind, count: _pending.Count, isBatch: true, size: Count, idempotency: _idempotency, options: _options);
        call.Request.Write(_body.WrittenSpan);
        call.Request.Write("]"u8);
        _body.Release();
        return call;
    }

    /// <summary>Fails a batch that was not sent in time: its calls are awaited before it is sent, or it was forgotten.</summary>
    private void EndUnsent() => End(new InvalidOperationException(
        $"The batch was not sent within {Seconds.Of(_timeout)} ({nameof(JsonRpcClientOptions)}.{nameof(JsonRpcClientOptions.Timeout)}) after its last call was added. Send it first (SendAsync), and then await its calls."));

    private void End(Exception why)
    {
        lock (_lock)
        {
            if (_isSent || _end is not null)
                return;
            _end = why;
        }
        // Nothing can be added any more.
        _unsentTimer?.Dispose();
        _clientDisposed.Unregister();
        FailAll(why);
    }

    private void ThrowIfEnded()
    {
        if (_end is ObjectDisposedException disposed)
            throw new ObjectDisposedException(disposed.ObjectName, disposed.Message);
        if (_end is not null)
            throw new InvalidOperationException(_end.Message, _end);
    }

    private void Complete(ClientCall call)
    {
        var exchange = call.Exchange;
        if (_pending.Count == 0)
        {
            RpcReplyReader.ReadNothing(exchange, _serializer.Options);
            return;
        }
        var replies = RpcReplyReader.ReadAll(exchange, _serializer.Options, out var isBatch);
        if (!isBatch)
        {
            // One error rejects the batch as a whole: too long, too large, or not understood.
            throw replies[0] is { Fault: null, IsError: true } error ? RpcReplyReader.ErrorOf(exchange, error, _serializer.Options)
                : ReplyReader.NoAnswer(exchange, "the reply to a batch is a single response");
        }

        var byId = replies.Where(reply => reply.Id is not null).ToLookup(reply => reply.Id!.Value);
        // A response with an error and no readable id belongs to one of the unanswered calls, and it is unknown to which.
        var lost = replies.Find(reply => reply is { Fault: null, IsError: true, IsIdNull: true });
        foreach (var (id, pending) in _pending)
        {
            var answers = byId[id].ToArray();
            if (answers.Length == 1)
                pending.Complete(call, answers[0], id);
            else if (answers.Length == 0 && lost.IsError)
                pending.Fail(call, RpcReplyReader.ErrorOf(exchange, lost, _serializer.Options));
            else
                pending.Fail(call, ReplyReader.NoAnswer(
                    exchange, answers.Length == 0 ? $"it has no response to the call with id {id}" : $"it has {answers.Length} responses to the call with id {id}"));
        }
    }

    /// <summary>Records one measurement for each call and each notification.</summary>
    /// <remarks>A notification fails only with the whole batch, since it has no response.</remarks>
    private void Measure(ClientCall call, Exception? failure)
    {
        if (call.Measure is not { IsRunning: true } measure)
            return;
        foreach (var pending in _pending.Values)
            measure.Record(pending.Method, _calls.IsKnown(pending.Method), (pending.Failure as JsonRpcException)?.Code, pending.Failure);
        foreach (var method in _notified)
            measure.Record(method, _calls.IsKnown(method), (failure as JsonRpcException)?.Code, failure);
    }

    /// <summary>Fails all calls.</summary>
    /// <remarks>The exception is marked first, since a caller may ask at once whether the call may have run.</remarks>
    private void Fail(ClientCall call, Exception exception)
    {
        call.Note(exception);
        FailAll(exception);
    }

    private void FailAll(Exception exception)
    {
        foreach (var pending in _pending.Values)
            pending.Fail(exception);
    }

    private abstract class Pending(string method)
    {
        public string Method => method;

        /// <summary>The exception of the call's task; <c>null</c> where it has not failed.</summary>
        public Exception? Failure { get; protected set; }

        public abstract void Complete(ClientCall call, RpcReply reply, long id);

        public abstract void Fail(Exception exception);

        /// <summary>Fails the call with an exception that the reply caused, after marking it.</summary>
        public void Fail(ClientCall call, Exception exception)
        {
            call.Mark(exception);
            Fail(exception);
        }
    }

    private sealed class Pending<T>(string method, JsonTypeInfo<T> type) : Pending(method)
    {
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Task => _completion.Task;

        public override void Complete(ClientCall call, RpcReply reply, long id)
        {
            try
            {
                _completion.TrySetResult(RpcReplyReader.Outcome(call.Exchange, reply, id, type));
            }
            catch (Exception e)
            {
                Fail(call, e);
            }
        }

        public override void Fail(Exception exception)
        {
            Failure ??= exception;
            if (exception is OperationCanceledException { CancellationToken.IsCancellationRequested: true } cancelled)
                _completion.TrySetCanceled(cancelled.CancellationToken);
            else
                _completion.TrySetException(exception);
            // A task that is not awaited must not raise UnobservedTaskException.
            _ = _completion.Task.Exception;
        }
    }
}
