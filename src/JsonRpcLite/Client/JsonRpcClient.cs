using System.Text.Json.Nodes;
using JsonRpcLite.CompilerServices;

namespace JsonRpcLite;

/// <summary>Calls a server; created by <see cref="JsonRpc"/>.MakeClient.</summary>
/// <remarks>
/// Thread-safe: one client serves a whole program, and keeps its connections open for later calls. Every call ends in one of four ways: with the function's result; with a
/// <see cref="JsonRpcException"/> when the server answers with an error; with an <see cref="HttpRequestException"/> when no valid reply came (its
/// <see cref="HttpRequestException.HttpRequestError"/> or <see cref="HttpRequestException.StatusCode"/> says why); with a <see cref="TaskCanceledException"/> when it was
/// cancelled, or took longer than <see cref="JsonRpcClientOptions.Timeout"/> (the inner exception is then a <see cref="TimeoutException"/>). A call that the server may have
/// acted on is sent again only if <see cref="JsonRpcClientOptions.Retry"/> is set and the call may run twice, or by a handler in an HttpClient that you pass in.
/// <see cref="CallFailure"/> determines from an exception whether the call may have run.
/// </remarks>
public sealed class JsonRpcClient : IDisposable
{
    private readonly ClientCalls _calls;
    private readonly JsonRpcSerializer _serializer;
    private readonly RpcRequestWriter _writer;
    private readonly ClientStreams _streams;

    /// <summary>The options for the calls of this object; <c>null</c> for the client itself.</summary>
    private readonly JsonRpcCallOptions? _options;

    private JsonRpcClient(JsonRpcClient client, JsonRpcCallOptions options)
    {
        Address = client.Address;
        (_calls, _serializer, _writer, _options) = (client._calls, client._serializer, client._writer, options);
        _streams = new ClientStreams(_calls, _serializer, options);
    }

    /// <exception cref="ArgumentException">A client cannot call the address.</exception>
    internal static void CheckAddress(Uri address, string parameterName)
    {
        ArgumentNullException.ThrowIfNull(address, parameterName);
        if (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https"))
            throw new ArgumentException($"{UserInformation.Shown(address.ToString())} is not an absolute http or https address.", parameterName);
        UserInformation.Refuse(address, parameterName);
    }

    internal JsonRpcClient(Uri address, JsonRpcClientOptions? options)
    {
        CheckAddress(address, nameof(address));
        options ??= new JsonRpcClientOptions();
        options.Check();
        Address = address;
        _serializer = JsonRpcSerializer.For(options.SerializerOptions);
        _writer = new RpcRequestWriter(_serializer);
        _calls = new ClientCalls(address, options);
        _streams = new ClientStreams(_calls, _serializer);
    }

    /// <summary>The address that the client was created with.</summary>
    /// <remarks>Calls go to this address, unless <see cref="JsonRpcClientOptions.UseAddresses"/> or middleware sets another.</remarks>
    public Uri Address { get; }

    /// <summary>Calls the server's function with a value, and returns its result.</summary>
    /// <remarks>Blocks the thread until the reply has arrived.</remarks>
    /// <param name="command">
    /// Any value that can be serialized to JSON, by its type at run time: an anonymous object, a record, a <see cref="JsonNode"/>, a string, <c>null</c>. A tuple becomes an
    /// array.
    /// </param>
    /// <exception cref="JsonRpcException">The server answered with an error.</exception>
    /// <exception cref="HttpRequestException">
    /// No valid reply came: the connection was refused or cut off, or the reply is not JSON, is too large, or comes from an intermediary such as a proxy.
    /// </exception>
    /// <exception cref="TaskCanceledException">The call took longer than <see cref="JsonRpcClientOptions.Timeout"/>.</exception>
    /// <exception cref="NotSupportedException">The value has no JSON contract, or the transport does not allow synchronous calls.</exception>
    public JsonNode? Command(object? command) => Command<JsonNode?>(command);

    /// <inheritdoc cref="Command(object?)"/>
    /// <typeparam name="TOut">The type of the result. A JSON <c>null</c> becomes the type's default value where the type allows it.</typeparam>
    public TOut Command<TOut>(object? command)
    {
        var type = _serializer.InputOf<TOut>();
        using var call = _calls.Begin(HeaderFields.PlainKind, options: _options);
        _serializer.WriteUntyped(call.Request, command);
        call.Send();
        return call.ReadPlain(type);
    }

    /// <inheritdoc cref="Command{TOut}(object?)"/>
    /// <typeparam name="TIn">The type by which the value is serialized, whatever its type at run time: this keeps the discriminator of a polymorphic type.</typeparam>
    /// <typeparam name="TOut">The type of the result. A JSON <c>null</c> becomes the type's default value where the type allows it.</typeparam>
    public TOut Command<TIn, TOut>(TIn command)
    {
        var type = _serializer.InputOf<TOut>();
        using var call = _calls.Begin(HeaderFields.PlainKind, options: _options);
        _serializer.Write(call.Request, command, _serializer.TypeOf<TIn>());
        call.Send();
        return call.ReadPlain(type);
    }

    /// <summary>Calls the server's function with a value, and returns its result.</summary>
    /// <param name="command"><inheritdoc cref="Command(object?)" path="/param[@name='command']/node()"/></param>
    /// <param name="cancellationToken">Cancels the call and closes its connection; the function may continue to run.</param>
    /// <exception cref="JsonRpcException">The server answered with an error.</exception>
    /// <exception cref="HttpRequestException">
    /// No valid reply came: the connection was refused or cut off, or the reply is not JSON, is too large, or comes from an intermediary such as a proxy.
    /// </exception>
    /// <exception cref="TaskCanceledException">The call was cancelled, or took longer than <see cref="JsonRpcClientOptions.Timeout"/>.</exception>
    /// <exception cref="NotSupportedException">The value has no JSON contract.</exception>
    public Task<JsonNode?> CommandAsync(object? command, CancellationToken cancellationToken = default) =>
        CommandAsync<JsonNode?>(command, cancellationToken);

    /// <inheritdoc cref="CommandAsync(object?, CancellationToken)"/>
    /// <typeparam name="TOut">The type of the result. A JSON <c>null</c> becomes the type's default value where the type allows it.</typeparam>
    public async Task<TOut> CommandAsync<TOut>(object? command, CancellationToken cancellationToken = default)
    {
        var type = _serializer.InputOf<TOut>();
        using var call = _calls.Begin(HeaderFields.PlainKind, options: _options);
        _serializer.WriteUntyped(call.Request, command);
        await call.SendAsync(cancellationToken).ConfigureAwait(false);
        return call.ReadPlain(type);
    }

    /// <inheritdoc cref="CommandAsync{TOut}(object?, CancellationToken)"/>
    /// <typeparam name="TIn">The type by which the value is serialized, whatever its type at run time: this keeps the discriminator of a polymorphic type.</typeparam>
    /// <typeparam name="TOut">The type of the result. A JSON <c>null</c> becomes the type's default value where the type allows it.</typeparam>
    public async Task<TOut> CommandAsync<TIn, TOut>(TIn command, CancellationToken cancellationToken = default)
    {
        var type = _serializer.InputOf<TOut>();
        using var call = _calls.Begin(HeaderFields.PlainKind, options: _options);
        _serializer.Write(call.Request, command, _serializer.TypeOf<TIn>());
        await call.SendAsync(cancellationToken).ConfigureAwait(false);
        return call.ReadPlain(type);
    }

    /// <summary>Calls a method of a JSON-RPC server, and returns its result.</summary>
    /// <remarks>Blocks the thread until the reply has arrived.</remarks>
    /// <param name="method">The method's name.</param>
    /// <param name="parameters">The parameters: an object by name, an array or a tuple by position, <c>null</c> for none. They are serialized by their type at run time.</param>
    /// <exception cref="ArgumentException">The parameters are a single value: JSON-RPC takes an array or an object (JSON-RPC 2.0, 4.2).</exception>
    /// <exception cref="JsonRpcException">The server answered with an error.</exception>
    /// <exception cref="HttpRequestException">
    /// No valid reply came: the connection was refused or cut off, or the reply is not JSON-RPC, is too large, or answers another call.
    /// </exception>
    /// <exception cref="TaskCanceledException">The call took longer than <see cref="JsonRpcClientOptions.Timeout"/>.</exception>
    /// <exception cref="NotSupportedException">The parameters have no JSON contract, or the transport does not allow synchronous calls.</exception>
    public JsonNode? Call(string method, object? parameters = null) => Call<JsonNode?>(method, parameters);

    /// <inheritdoc cref="Call(string, object?)"/>
    /// <typeparam name="TResult">The type of the result. A JSON <c>null</c> becomes the type's default value where the type allows it.</typeparam>
    public TResult Call<TResult>(string method, object? parameters = null)
    {
        var type = _serializer.InputOf<TResult>();
        using var call = _calls.Begin(HeaderFields.JsonRpcKind, method, options: _options);
        var id = _calls.NextId();
        call.Id = id;
        _writer.WriteUntyped(call.Request, method, parameters, id);
        call.Send();
        return call.Read(id, type);
    }

    /// <inheritdoc cref="Call{TResult}(string, object?)"/>
    /// <typeparam name="TParams">The type by which the parameters are serialized, whatever their type at run time.</typeparam>
    /// <typeparam name="TResult">The type of the result. A JSON <c>null</c> becomes the type's default value where the type allows it.</typeparam>
    public TResult Call<TParams, TResult>(string method, TParams parameters)
    {
        var type = _serializer.InputOf<TResult>();
        using var call = _calls.Begin(HeaderFields.JsonRpcKind, method, options: _options);
        var id = _calls.NextId();
        call.Id = id;
        _writer.Write(call.Request, method, parameters, id);
        call.Send();
        return call.Read(id, type);
    }

    /// <summary>Calls a method of a JSON-RPC server, and returns its result.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="parameters">The parameters: an object by name, an array or a tuple by position, <c>null</c> for none. They are serialized by their type at run time.</param>
    /// <param name="cancellationToken">Cancels the call and closes its connection; the method may continue to run.</param>
    /// <exception cref="ArgumentException">The parameters are a single value: JSON-RPC takes an array or an object (JSON-RPC 2.0, 4.2).</exception>
    /// <exception cref="JsonRpcException">The server answered with an error.</exception>
    /// <exception cref="HttpRequestException">
    /// No valid reply came: the connection was refused or cut off, or the reply is not JSON-RPC, is too large, or answers another call.
    /// </exception>
    /// <exception cref="TaskCanceledException">The call was cancelled, or took longer than <see cref="JsonRpcClientOptions.Timeout"/>.</exception>
    /// <exception cref="NotSupportedException">The parameters have no JSON contract.</exception>
    public Task<JsonNode?> CallAsync(string method, object? parameters = null, CancellationToken cancellationToken = default) =>
        CallAsync<JsonNode?>(method, parameters, cancellationToken);

    /// <inheritdoc cref="CallAsync(string, object?, CancellationToken)"/>
    /// <typeparam name="TResult">The type of the result. A JSON <c>null</c> becomes the type's default value where the type allows it.</typeparam>
    public async Task<TResult> CallAsync<TResult>(string method, object? parameters = null, CancellationToken cancellationToken = default)
    {
        var type = _serializer.InputOf<TResult>();
        using var call = _calls.Begin(HeaderFields.JsonRpcKind, method, options: _options);
        var id = _calls.NextId();
        call.Id = id;
        _writer.WriteUntyped(call.Request, method, parameters, id);
        await call.SendAsync(cancellationToken).ConfigureAwait(false);
        return call.Read(id, type);
    }

    /// <inheritdoc cref="CallAsync{TResult}(string, object?, CancellationToken)"/>
    /// <typeparam name="TParams">The type by which the parameters are serialized, whatever their type at run time.</typeparam>
    /// <typeparam name="TResult">The type of the result. A JSON <c>null</c> becomes the type's default value where the type allows it.</typeparam>
    public async Task<TResult> CallAsync<TParams, TResult>(string method, TParams parameters, CancellationToken cancellationToken = default)
    {
        var type = _serializer.InputOf<TResult>();
        using var call = _calls.Begin(HeaderFields.JsonRpcKind, method, options: _options);
        var id = _calls.NextId();
        call.Id = id;
        _writer.Write(call.Request, method, parameters, id);
        await call.SendAsync(cancellationToken).ConfigureAwait(false);
        return call.Read(id, type);
    }

    /// <summary>Calls a method that returns a sequence, and yields each item when it arrives.</summary>
    /// <remarks>
    /// <para>A server or method that cannot stream answers with a list, whose items are yielded when the whole list has arrived.</para>
    /// <para>The first <c>MoveNextAsync</c> sends the call, once for each enumeration. Leaving the loop closes the connection, which cancels the method on the server. A sequence
    /// that ends normally is complete: one that was cut off ends with an exception.</para>
    /// <para><see cref="JsonRpcClientOptions.Timeout"/> bounds the silence of the server, and not the whole stream; the server's heartbeats count as messages.
    /// <see cref="JsonRpcClientOptions.MaxResponseBodySize"/> bounds each message.</para>
    /// </remarks>
    /// <param name="method">The method's name.</param>
    /// <param name="parameters">The parameters: an object by name, an array or a tuple by position, <c>null</c> for none. They are serialized by their type at run time.</param>
    /// <param name="cancellationToken">Cancels the enumeration and closes its connection, as <c>WithCancellation</c> does.</param>
    /// <typeparam name="T">The type of an item.</typeparam>
    /// <returns>The items. <c>MoveNextAsync</c> throws the exceptions below, after it has yielded the items that arrived before.</returns>
    /// <exception cref="ArgumentException">The parameters are a single value: JSON-RPC takes an array or an object (JSON-RPC 2.0, 4.2).</exception>
    /// <exception cref="JsonRpcException">The server answered with an error, or the method failed.</exception>
    /// <exception cref="HttpRequestException">
    /// The stream was cut off (<see cref="HttpRequestError.ResponseEnded"/>), a message was too large (<see cref="HttpRequestError.ConfigurationLimitExceeded"/>), or no valid
    /// reply came.
    /// </exception>
    /// <exception cref="TaskCanceledException">The call was cancelled, or the server was silent for longer than <see cref="JsonRpcClientOptions.Timeout"/>.</exception>
    /// <exception cref="NotSupportedException">The parameters or the items have no JSON contract.</exception>
    /// <example>
    /// <code>
    /// await foreach (var row in client.CallStreamAsync&lt;Row>("rows", new { table = "orders" }))
    ///     Console.WriteLine(row);
    /// </code>
    /// </example>
    public IAsyncEnumerable<T> CallStreamAsync<T>(string method, object? parameters = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(method);
        return _streams.ReadAsync(new ClientRequest(method, (request, id) => _writer.WriteUntyped(request, method, parameters, id)), _serializer.InputOf<T>(), cancellationToken);
    }

    /// <inheritdoc cref="CallStreamAsync{T}(string, object?, CancellationToken)"/>
    /// <typeparam name="TParams">The type by which the parameters are serialized, whatever their type at run time.</typeparam>
    /// <typeparam name="T">The type of an item.</typeparam>
    public IAsyncEnumerable<T> CallStreamAsync<TParams, T>(string method, TParams parameters, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(method);
        return _streams.ReadAsync(new ClientRequest(method, (request, id) => _writer.Write(request, method, parameters, id)), _serializer.InputOf<T>(), cancellationToken);
    }

    /// <summary>Calls a method that reports its progress, and returns its result.</summary>
    /// <remarks>
    /// If reports come faster than the client reads them, the server drops all but the latest. <see cref="JsonRpcClientOptions.Timeout"/> bounds the silence of the server, and
    /// not the whole call; the server's heartbeats count as messages. A method that reports no progress can be called too. A method that returns a sequence fails here, since its
    /// items are not a result.
    /// </remarks>
    /// <param name="method">The method's name.</param>
    /// <param name="parameters">The parameters: an object by name, an array or a tuple by position, <c>null</c> for none. They are serialized by their type at run time.</param>
    /// <param name="progress">Receives each report, one after another; a <see cref="Progress{T}"/> posts them to the context in which it was created.</param>
    /// <param name="cancellationToken">Cancels the call and closes its connection, which cancels the method's token.</param>
    /// <typeparam name="TResult">The type of the result. A JSON <c>null</c> becomes the type's default value where the type allows it.</typeparam>
    /// <typeparam name="TProgress">The type of a report.</typeparam>
    /// <inheritdoc cref="CallStreamAsync{T}(string, object?, CancellationToken)" path="/exception"/>
    public async Task<TResult> CallWithProgressAsync<TResult, TProgress>(string method, object? parameters, IProgress<TProgress> progress,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(progress);
        var request = new ClientRequest(method, (request, id) => _writer.WriteUntyped(request, method, parameters, id));
        return await _streams.CallAsync(request, _serializer.InputOf<TResult>(), progress, _serializer.InputOf<TProgress>(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Calls a method of unknown shape, and yields every part of its reply: items, reports of progress, and the result.</summary>
    internal IAsyncEnumerable<(StreamMessageKind Kind, T Value)> ReadPartsAsync<T>(string method, object? parameters, CancellationToken cancellationToken) =>
        _streams.ReadPartsAsync(new ClientRequest(method, (request, id) => _writer.WriteUntyped(request, method, parameters, id)), _serializer.InputOf<T>(), cancellationToken);

    /// <summary>Sends a notification: a call without a response (JSON-RPC 2.0, 4.1).</summary>
    /// <remarks>Returns when the server has accepted it. The caller does not learn whether the method exists or succeeds.</remarks>
    /// <inheritdoc cref="Call(string, object?)" path="/*[not(self::summary)]"/>
    public void Notify(string method, object? parameters = null)
    {
        using var call = _calls.Begin(HeaderFields.JsonRpcKind, method, count: 0, options: _options);
        _writer.WriteUntyped(call.Request, method, parameters, id: null);
        call.Send();
        call.ReadNothing(_serializer.Options);
    }

    /// <summary>Sends a notification: a call without a response (JSON-RPC 2.0, 4.1).</summary>
    /// <remarks>The task completes when the server has accepted the notification. The caller does not learn whether the method exists or succeeds.</remarks>
    /// <inheritdoc cref="CallAsync(string, object?, CancellationToken)" path="/*[not(self::summary)]"/>
    public async Task NotifyAsync(string method, object? parameters = null, CancellationToken cancellationToken = default)
    {
        using var call = _calls.Begin(HeaderFields.JsonRpcKind, method, count: 0, options: _options);
        _writer.WriteUntyped(call.Request, method, parameters, id: null);
        await call.SendAsync(cancellationToken).ConfigureAwait(false);
        call.ReadNothing(_serializer.Options);
    }

    /// <summary>Creates a proxy of a contract: each method of the returned object calls the server's method.</summary>
    /// <remarks>
    /// A method throws the exceptions of <see cref="CallAsync{TResult}(string, object?, CancellationToken)"/> and
    /// <see cref="CallStreamAsync{T}(string, object?, CancellationToken)"/>. The proxy is thread-safe, and needs no disposal. Creating one allocates, so keep it instead of
    /// creating one for each call.
    /// </remarks>
    /// <typeparam name="T">A partial interface with <see cref="JsonRpcContractAttribute"/>.</typeparam>
    /// <exception cref="NotSupportedException">The type of a parameter or a result has no JSON contract.</exception>
    /// <example>
    /// <code>
    /// var calculator = client.As&lt;ICalculator>();
    /// Console.WriteLine(await calculator.SubtractAsync(5, 2));
    /// </code>
    /// </example>
    public T As<T>()
        where T : class, IJsonRpcContract<T> => T.CreateProxy(new ClientChannel(_calls, _serializer, _options));

    /// <summary>Creates a batch: several calls and notifications in one HTTP exchange (JSON-RPC 2.0, 6).</summary>
    public JsonRpcBatch CreateBatch() => new(_calls, _writer, _serializer, _options);

    /// <summary>Returns a client with the given options for each call: calls, notifications, streams, batches and contracts.</summary>
    /// <remarks>
    /// The returned client shares the connections of this one, and is disposed with it; disposing it alone has no effect. It is cheap enough to create for each call. Options are
    /// merged: <c>client.With(a).With(b)</c> has what <c>b</c> sets, and what <c>a</c> sets where <c>b</c> leaves it <c>null</c>.
    /// </remarks>
    /// <param name="options">The options, which replace those of this client where they are not <c>null</c>.</param>
    /// <example>
    /// <code>
    /// var receipt = await client.With(new() { IdempotencyKey = order.Id, Timeout = TimeSpan.FromSeconds(5) }).CallAsync&lt;Receipt>("order.place", order);
    /// </code>
    /// </example>
    public JsonRpcClient With(JsonRpcCallOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new JsonRpcClient(this, options.JoinTo(_options));
    }

    /// <summary>Closes the client's connections.</summary>
    /// <remarks>Calls in flight fail. Disposing a client that <see cref="With"/> returned closes nothing.</remarks>
    public void Dispose()
    {
        if (_options is null)
            _calls.Dispose();
    }
}
