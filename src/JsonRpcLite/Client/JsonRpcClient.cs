using System.Text.Json.Nodes;
using JsonRpcLite.CompilerServices;

namespace JsonRpcLite;

/// <summary>
/// Calls a server, made by <see cref="JsonRpc"/>.MakeClient. Thread-safe: one client serves a whole program, and keeps its connections for the next call.
/// </summary>
/// <remarks>
/// Every call ends in one of four ways: with the function's result; with a <see cref="JsonRpcException"/> when the server said no; with an
/// <see cref="HttpRequestException"/> when no proper answer came (its <see cref="HttpRequestException.HttpRequestError"/> or
/// <see cref="HttpRequestException.StatusCode"/> says why); with a <see cref="TaskCanceledException"/> when it was cancelled, or took longer than
/// <see cref="JsonRpcClientOptions.Timeout"/> (then around a <see cref="TimeoutException"/>). A call that the server may have acted on is sent again only where
/// <see cref="JsonRpcClientOptions.Retry"/> is set and the call may run twice, or by a handler in an HttpClient of yours. <see cref="CallFailure"/> says of an exception whether
/// the call may have run.
/// </remarks>
public sealed class JsonRpcClient : IDisposable
{
    private readonly ClientCalls _calls;
    private readonly JsonRpcSerializer _serializer;
    private readonly RpcRequestWriter _writer;
    private readonly ClientStreams _streams;

    /// <summary>What holds for the calls of this object; <c>null</c> for the client itself.</summary>
    private readonly JsonRpcCallOptions? _options;

    private JsonRpcClient(JsonRpcClient client, JsonRpcCallOptions options)
    {
        Address = client.Address;
        (_calls, _serializer, _writer, _options) = (client._calls, client._serializer, client._writer, options);
        _streams = new ClientStreams(_calls, _serializer, options);
    }

    /// <exception cref="ArgumentException">It is not an address that a client can call.</exception>
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

    /// <summary>The address that the client was made with. Calls go there, unless <see cref="JsonRpcClientOptions.UseAddresses"/> or middleware sets another.</summary>
    public Uri Address { get; }

    /// <summary>Calls the server's function with a value, and returns what it returns. Blocks the thread until the answer is there.</summary>
    /// <param name="command">
    /// Anything that becomes JSON, by the type that it has at run time: an anonymous object, a record, a <see cref="JsonNode"/>, a string, <c>null</c>.
    /// A tuple becomes an array.
    /// </param>
    /// <exception cref="JsonRpcException">The server said no.</exception>
    /// <exception cref="HttpRequestException">No proper answer came: refused, cut off, no JSON, too large, an error of something between.</exception>
    /// <exception cref="TaskCanceledException">The call took longer than <see cref="JsonRpcClientOptions.Timeout"/>.</exception>
    /// <exception cref="NotSupportedException">The value has no JSON contract, or the transport does not allow synchronous calls.</exception>
    public JsonNode? Command(object? command) => Command<JsonNode?>(command);

    /// <inheritdoc cref="Command(object?)"/>
    /// <typeparam name="TOut">What the answer is read as. A JSON <c>null</c> becomes the type's default value where the type allows it.</typeparam>
    public TOut Command<TOut>(object? command)
    {
        var type = _serializer.InputOf<TOut>();
        using var call = _calls.Begin(HeaderFields.PlainKind, options: _options);
        _serializer.WriteUntyped(call.Request, command);
        call.Send();
        return call.ReadPlain(type);
    }

    /// <inheritdoc cref="Command{TOut}(object?)"/>
    /// <typeparam name="TIn">The type by which the value becomes JSON, whatever its type at run time: this keeps the discriminator of a polymorphic type.</typeparam>
    /// <typeparam name="TOut">What the answer is read as. A JSON <c>null</c> becomes the type's default value where the type allows it.</typeparam>
    public TOut Command<TIn, TOut>(TIn command)
    {
        var type = _serializer.InputOf<TOut>();
        using var call = _calls.Begin(HeaderFields.PlainKind, options: _options);
        _serializer.Write(call.Request, command, _serializer.TypeOf<TIn>());
        call.Send();
        return call.ReadPlain(type);
    }

    /// <summary>Calls the server's function with a value, and returns what it returns.</summary>
    /// <param name="command"><inheritdoc cref="Command(object?)" path="/param[@name='command']/node()"/></param>
    /// <param name="cancellationToken">Gives the call up and closes its connection; the function may run on.</param>
    /// <exception cref="JsonRpcException">The server said no.</exception>
    /// <exception cref="HttpRequestException">No proper answer came: refused, cut off, no JSON, too large, an error of something between.</exception>
    /// <exception cref="TaskCanceledException">Cancelled, or the call took longer than <see cref="JsonRpcClientOptions.Timeout"/>.</exception>
    /// <exception cref="NotSupportedException">The value has no JSON contract.</exception>
    public Task<JsonNode?> CommandAsync(object? command, CancellationToken cancellationToken = default) =>
        CommandAsync<JsonNode?>(command, cancellationToken);

    /// <inheritdoc cref="CommandAsync(object?, CancellationToken)"/>
    /// <typeparam name="TOut">What the answer is read as. A JSON <c>null</c> becomes the type's default value where the type allows it.</typeparam>
    public async Task<TOut> CommandAsync<TOut>(object? command, CancellationToken cancellationToken = default)
    {
        var type = _serializer.InputOf<TOut>();
        using var call = _calls.Begin(HeaderFields.PlainKind, options: _options);
        _serializer.WriteUntyped(call.Request, command);
        await call.SendAsync(cancellationToken).ConfigureAwait(false);
        return call.ReadPlain(type);
    }

    /// <inheritdoc cref="CommandAsync{TOut}(object?, CancellationToken)"/>
    /// <typeparam name="TIn">The type by which the value becomes JSON, whatever its type at run time: this keeps the discriminator of a polymorphic type.</typeparam>
    /// <typeparam name="TOut">What the answer is read as. A JSON <c>null</c> becomes the type's default value where the type allows it.</typeparam>
    public async Task<TOut> CommandAsync<TIn, TOut>(TIn command, CancellationToken cancellationToken = default)
    {
        var type = _serializer.InputOf<TOut>();
        using var call = _calls.Begin(HeaderFields.PlainKind, options: _options);
        _serializer.Write(call.Request, command, _serializer.TypeOf<TIn>());
        await call.SendAsync(cancellationToken).ConfigureAwait(false);
        return call.ReadPlain(type);
    }

    /// <summary>Calls a method of a JSON-RPC server, and returns its result. Blocks the thread until the answer is there.</summary>
    /// <param name="method">The method's name.</param>
    /// <param name="parameters">
    /// The parameters: an object by name, an array or a tuple by position, <c>null</c> for none. It becomes JSON by the type that it has at run time.
    /// </param>
    /// <exception cref="ArgumentException">The parameters are a single value: JSON-RPC takes an array or an object (JSON-RPC 2.0, 4.2).</exception>
    /// <exception cref="JsonRpcException">The server said no.</exception>
    /// <exception cref="HttpRequestException">No proper answer came: refused, cut off, no JSON-RPC, too large, an answer to something else.</exception>
    /// <exception cref="TaskCanceledException">The call took longer than <see cref="JsonRpcClientOptions.Timeout"/>.</exception>
    /// <exception cref="NotSupportedException">The parameters have no JSON contract, or the transport does not allow synchronous calls.</exception>
    public JsonNode? Call(string method, object? parameters = null) => Call<JsonNode?>(method, parameters);

    /// <inheritdoc cref="Call(string, object?)"/>
    /// <typeparam name="TResult">What the result is read as. A JSON <c>null</c> becomes the type's default value where the type allows it.</typeparam>
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
    /// <typeparam name="TParams">The type by which the parameters become JSON, whatever their type at run time.</typeparam>
    /// <typeparam name="TResult">What the result is read as. A JSON <c>null</c> becomes the type's default value where the type allows it.</typeparam>
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
    /// <param name="parameters">
    /// The parameters: an object by name, an array or a tuple by position, <c>null</c> for none. It becomes JSON by the type that it has at run time.
    /// </param>
    /// <param name="cancellationToken">Gives the call up and closes its connection; the method may run on.</param>
    /// <exception cref="ArgumentException">The parameters are a single value: JSON-RPC takes an array or an object (JSON-RPC 2.0, 4.2).</exception>
    /// <exception cref="JsonRpcException">The server said no.</exception>
    /// <exception cref="HttpRequestException">No proper answer came: refused, cut off, no JSON-RPC, too large, an answer to something else.</exception>
    /// <exception cref="TaskCanceledException">Cancelled, or the call took longer than <see cref="JsonRpcClientOptions.Timeout"/>.</exception>
    /// <exception cref="NotSupportedException">The parameters have no JSON contract.</exception>
    public Task<JsonNode?> CallAsync(string method, object? parameters = null, CancellationToken cancellationToken = default) =>
        CallAsync<JsonNode?>(method, parameters, cancellationToken);

    /// <inheritdoc cref="CallAsync(string, object?, CancellationToken)"/>
    /// <typeparam name="TResult">What the result is read as. A JSON <c>null</c> becomes the type's default value where the type allows it.</typeparam>
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
    /// <typeparam name="TParams">The type by which the parameters become JSON, whatever their type at run time.</typeparam>
    /// <typeparam name="TResult">What the result is read as. A JSON <c>null</c> becomes the type's default value where the type allows it.</typeparam>
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

    /// <summary>
    /// Calls a method that returns a sequence, and yields each item when it comes. A server or method that cannot stream answers with a list, whose items are yielded when all of
    /// it is there.
    /// </summary>
    /// <remarks>
    /// <para>The call is sent by the first <c>MoveNextAsync</c>, and once for each enumeration. Leaving the loop closes the connection, and that ends the method on the server. A
    /// sequence that ends normally is whole: one that was cut off ends with an exception.</para>
    /// <para><see cref="JsonRpcClientOptions.Timeout"/> bounds the silence of the server, whose signs of life count as messages, and not the whole stream;
    /// <see cref="JsonRpcClientOptions.MaxResponseBodySize"/> bounds each message.</para>
    /// </remarks>
    /// <param name="method">The method's name.</param>
    /// <param name="parameters">
    /// The parameters: an object by name, an array or a tuple by position, <c>null</c> for none. It becomes JSON by the type that it has at run time.
    /// </param>
    /// <param name="cancellationToken">Ends the enumeration and closes its connection; as <c>WithCancellation</c> does.</param>
    /// <typeparam name="T">What an item is read as.</typeparam>
    /// <returns>The items. The following exceptions come out of <c>MoveNextAsync</c>, after the items before.</returns>
    /// <exception cref="ArgumentException">The parameters are a single value: JSON-RPC takes an array or an object (JSON-RPC 2.0, 4.2).</exception>
    /// <exception cref="JsonRpcException">The server said no, or the method failed.</exception>
    /// <exception cref="HttpRequestException">The stream was cut off (<see cref="HttpRequestError.ResponseEnded"/>), a message was too large
    /// (<see cref="HttpRequestError.ConfigurationLimitExceeded"/>), or no proper answer came.</exception>
    /// <exception cref="TaskCanceledException">Cancelled, or the server was silent for longer than <see cref="JsonRpcClientOptions.Timeout"/>.</exception>
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
    /// <typeparam name="TParams">The type by which the parameters become JSON, whatever their type at run time.</typeparam>
    /// <typeparam name="T">What an item is read as.</typeparam>
    public IAsyncEnumerable<T> CallStreamAsync<TParams, T>(string method, TParams parameters, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(method);
        return _streams.ReadAsync(new ClientRequest(method, (request, id) => _writer.Write(request, method, parameters, id)), _serializer.InputOf<T>(), cancellationToken);
    }

    /// <summary>Calls a method that reports its progress, and returns its result.</summary>
    /// <remarks>
    /// Of reports that come faster than the client reads, the server drops all but the latest. <see cref="JsonRpcClientOptions.Timeout"/> bounds the silence of the server, whose
    /// signs of life count, and not the whole call. A method that reports nothing just answers; one that returns a sequence fails here, for its items are not a result.
    /// </remarks>
    /// <param name="method">The method's name.</param>
    /// <param name="parameters">
    /// The parameters: an object by name, an array or a tuple by position, <c>null</c> for none. It becomes JSON by the type that it has at run time.
    /// </param>
    /// <param name="progress">Gets each report, one after another; a <see cref="Progress{T}"/> hands them to the context that it was made in.</param>
    /// <param name="cancellationToken">Gives the call up and closes its connection, which cancels the method's token.</param>
    /// <typeparam name="TResult">What the result is read as. A JSON <c>null</c> becomes the type's default value where the type allows it.</typeparam>
    /// <typeparam name="TProgress">What a report is read as.</typeparam>
    /// <inheritdoc cref="CallStreamAsync{T}(string, object?, CancellationToken)" path="/exception"/>
    public async Task<TResult> CallWithProgressAsync<TResult, TProgress>(string method, object? parameters, IProgress<TProgress> progress,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(progress);
        var request = new ClientRequest(method, (request, id) => _writer.WriteUntyped(request, method, parameters, id));
        return await _streams.CallAsync(request, _serializer.InputOf<TResult>(), progress, _serializer.InputOf<TProgress>(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Calls a method of which nothing is known, and yields whatever it answers with: items, reports of progress, and the result.</summary>
    internal IAsyncEnumerable<(StreamMessageKind Kind, T Value)> ReadPartsAsync<T>(string method, object? parameters, CancellationToken cancellationToken) =>
        _streams.ReadPartsAsync(new ClientRequest(method, (request, id) => _writer.WriteUntyped(request, method, parameters, id)), _serializer.InputOf<T>(), cancellationToken);

    /// <summary>
    /// Sends a notification: a call that is never answered (JSON-RPC 2.0, 4.1). Returns when the server has taken it; whether the method is there, or succeeds, nobody learns.
    /// </summary>
    /// <inheritdoc cref="Call(string, object?)" path="/*[not(self::summary)]"/>
    public void Notify(string method, object? parameters = null)
    {
        using var call = _calls.Begin(HeaderFields.JsonRpcKind, method, count: 0, options: _options);
        _writer.WriteUntyped(call.Request, method, parameters, id: null);
        call.Send();
        call.ReadNothing(_serializer.Options);
    }

    /// <summary>
    /// Sends a notification: a call that is never answered (JSON-RPC 2.0, 4.1). The task ends when the server has taken it; whether the method is there, or succeeds, nobody
    /// learns.
    /// </summary>
    /// <inheritdoc cref="CallAsync(string, object?, CancellationToken)" path="/*[not(self::summary)]"/>
    public async Task NotifyAsync(string method, object? parameters = null, CancellationToken cancellationToken = default)
    {
        using var call = _calls.Begin(HeaderFields.JsonRpcKind, method, count: 0, options: _options);
        _writer.WriteUntyped(call.Request, method, parameters, id: null);
        await call.SendAsync(cancellationToken).ConfigureAwait(false);
        call.ReadNothing(_serializer.Options);
    }

    /// <summary>Gives the server's methods the shape of a contract: each call of a method of the returned object is a call of the server.</summary>
    /// <remarks>
    /// A method throws what <see cref="CallAsync{TResult}(string, object?, CancellationToken)"/> and <see cref="CallStreamAsync{T}(string, object?, CancellationToken)"/>
    /// throw. The object is thread-safe as the client is, and has nothing to dispose.
    /// Making it costs some allocations, so keep it rather than make it for each call.
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

    /// <summary>Begins a batch: several calls and notifications in one HTTP exchange (JSON-RPC 2.0, 6).</summary>
    public JsonRpcBatch CreateBatch() => new(_calls, _writer, _serializer, _options);

    /// <summary>The same client with options of their own for each call that is made through what is returned: calls, notifications, streams, batches and contracts.</summary>
    /// <remarks>
    /// It has the connections of this client, and ends with it; to dispose it does nothing. Cheap enough to be made for each call. Options are joined:
    /// <c>client.With(a).With(b)</c> has what <c>b</c> sets, and what <c>a</c> sets where <c>b</c> leaves it <c>null</c>.
    /// </remarks>
    /// <param name="options">The options.</param>
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

    /// <summary>Closes the client's connections. Calls in flight fail. What <see cref="With"/> has returned closes nothing.</summary>
    public void Dispose()
    {
        if (_options is null)
            _calls.Dispose();
    }
}
