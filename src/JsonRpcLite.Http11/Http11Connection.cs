using System.Buffers;

namespace JsonRpcLite.Http11;

/// <summary>One end of an HTTP/1.1 connection, without its socket.</summary>
/// <remarks>
/// <para>Received bytes go in and events come out; events to send go in and bytes come out. The engine keeps the states of both ends, and rejects what HTTP/1.1 does not allow,
/// from either side.</para>
/// <para>Reading has two forms, and a connection uses one of them. <c>Read</c> works on the caller's own buffer, like <c>Utf8JsonReader</c>; <see cref="Receive"/> and
/// <see cref="NextEvent"/> work on an internal buffer. Both return the kind of the event; properties hold its data, valid until the next call that reads, receives, starts a
/// cycle or resets. If a caller of <c>Read</c> leaves the bytes of a head where they are, it may use the data of that head until the next head is read. The internal buffer may
/// be overwritten whenever more is received or a line crosses segments. Then the method, target, reason, header fields and trailers are empty; numbers remain.</para>
/// <para>Whatever the peer sends, reading throws only <see cref="RemoteProtocolException"/>; whatever the caller sends, sending throws only <see cref="LocalProtocolException"/>.
/// Misuse that no peer can cause throws .NET's own exceptions: <see cref="ArgumentNullException"/>; <see cref="ArgumentOutOfRangeException"/> for a negative length or size, for
/// more bytes than there was room, and for an index or an option out of range; <see cref="ArgumentException"/> for a client's lenience on a server; and
/// <see cref="InvalidOperationException"/> for receiving after the end of file, for input with missing bytes, and for changing header fields that were read. Once the connection
/// has warmed up, no message allocates. Not thread-safe: only one call at a time.</para>
/// <para>The engine does not limit the bytes that are received and not read. While reading returns <see cref="Http11EventKind.Paused"/>, the caller must stop receiving, or the
/// peer fills the memory.</para>
/// </remarks>
public sealed class Http11Connection
{
    private static readonly Version[] Versions = [new(1, 0), new(1, 1), new(1, 2), new(1, 3), new(1, 4), new(1, 5), new(1, 6), new(1, 7), new(1, 8), new(1, 9)];

    private readonly Http11Role _theirs;
    private readonly Exchange _exchange = new();
    private readonly MessageReader _reader;
    private readonly MessageWriter _writer;
    private readonly SegmentGatherer _segments;
    private readonly ReceiveBuffer _received;
    private RemoteProtocolException? _breach;

    /// <summary>Makes the engine for one end of a connection.</summary>
    /// <param name="role">The end that the engine plays.</param>
    /// <param name="options">The limits and leniences, which are copied; <c>null</c> for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range, or the role is not valid.</exception>
    /// <exception cref="ArgumentException">A lenience for clients is set for a server.</exception>
    public Http11Connection(Http11Role role, Http11Options? options = null)
    {
        if (role is not (Http11Role.Client or Http11Role.Server))
            throw new ArgumentOutOfRangeException(nameof(role));
        var limits = (options ?? new Http11Options()).CopyFor(role);
        Role = role;
        _theirs = role == Http11Role.Client ? Http11Role.Server : Http11Role.Client;
        _reader = new MessageReader(limits, _theirs, _exchange);
        _writer = new MessageWriter(role, _exchange);
        _segments = new SegmentGatherer(_reader);
        _received = new ReceiveBuffer(_reader, 2L * limits.MaxHeadSize);
        Fields = new Http11Fields(_reader.Fields);
        Trailers = new Http11Fields(_reader.Trailers);
    }

    /// <summary>The end that the engine plays.</summary>
    public Http11Role Role { get; }

    /// <summary>The state of this end.</summary>
    public Http11State OurState => _exchange.Machine[Role];

    /// <summary>The state of the peer's end, as far as it was read.</summary>
    public Http11State TheirState => _exchange.Machine[_theirs];

    /// <summary>The state of the client's end, whichever role this engine has.</summary>
    public Http11State ClientState => _exchange.Machine.Client;

    /// <summary>The state of the server's end, whichever role this engine has.</summary>
    public Http11State ServerState => _exchange.Machine.Server;

    /// <summary>Whether <see cref="StartNextCycle"/> would succeed: both ends are done and may start another cycle (RFC 9112 9.3).</summary>
    /// <remarks>
    /// Bytes behind a complete response belong to no request. If a client reads on, it gets <see cref="Http11EventKind.Paused"/>, and another cycle is ruled out (RFC 9112 9.2).
    /// A client that reuses connections should therefore read once more before it asks; if it starts the next cycle at once, it takes these bytes for the next response.
    /// </remarks>
    public bool CanStartNextCycle => OurState == Http11State.Done && TheirState == Http11State.Done;

    /// <summary>The version of the peer's last head, such as 1.1; <c>null</c> before the first head.</summary>
    /// <remarks>It outlives the cycle.</remarks>
    public Version? TheirVersion => _exchange.TheirMinorVersion < 0 ? null : Versions[_exchange.TheirMinorVersion];

    /// <summary>Whether the client waits for a 100 before it sends its body (RFC 9110 10.1.1).</summary>
    /// <remarks>A server should send a 100, or its final response; a client should not wait forever. It ends with the first response of any kind, or with the body.</remarks>
    public bool ClientIsWaitingForContinue => _exchange.ClientWaitsForContinue;

    /// <summary>The kind of the event that was read last.</summary>
    public Http11EventKind Kind { get; private set; }

    /// <summary>The method of the request whose head was read last; otherwise empty.</summary>
    public ReadOnlySpan<byte> Method => _reader.HasBytes && Role == Http11Role.Server ? _reader.Method : default;

    /// <summary>The target of the request whose head was read last, as received; otherwise empty.</summary>
    /// <remarks>
    /// It is not normalized, decoded or resolved. The authority of a target in absolute form takes precedence over Host, which must then be ignored (RFC 9112 3.2.2).
    /// </remarks>
    public ReadOnlySpan<byte> Target => _reader.HasBytes && Role == Http11Role.Server ? _reader.Target : default;

    /// <summary>The status of the response whose head was read last, 100 to 999; otherwise 0.</summary>
    public int StatusCode => _reader.HasHead && Role == Http11Role.Client ? _reader.Status : 0;

    /// <summary>The reason phrase of the response whose head was read last; otherwise empty.</summary>
    public ReadOnlySpan<byte> Reason => _reader.HasBytes && Role == Http11Role.Client ? _reader.Reason : default;

    /// <summary>The header fields of the head that was read last; empty while the next one is read.</summary>
    /// <remarks>
    /// This is a view: the same object for the whole life of the connection. A server gets exactly one Host with HTTP/1.1, at most one with HTTP/1.0, and at most one
    /// Content-Length. For a client, equal repeats of Content-Length are merged, and a Content-Length that is not valid is omitted where it frames nothing (HEAD, 204, 304).
    /// </remarks>
    public Http11Fields Fields { get; }

    /// <summary>The trailer fields, after the end of a message; otherwise empty.</summary>
    /// <remarks>They are not part of the head and must not be treated so (RFC 9110 6.5.1).</remarks>
    public Http11Fields Trailers { get; }

    /// <summary>The Content-Length of the last head; <c>null</c> if it has none.</summary>
    /// <remarks>In reply to HEAD, and with 304, it is the length that another response would have had.</remarks>
    public long? ContentLength => _reader.ContentLength < 0 ? null : _reader.ContentLength;

    /// <summary>Whether the message whose head was read last has a chunked body.</summary>
    public bool IsChunked => _reader.IsChunked;

    /// <summary>A part of the body, never empty, after <see cref="Http11EventKind.Data"/>; otherwise empty.</summary>
    /// <remarks>It is a slice of the input if possible.</remarks>
    public ReadOnlyMemory<byte> Data => Kind == Http11EventKind.Data ? _reader.Data : default;

    /// <summary>Whether the data begins a chunk, for debugging: chunks have no meaning in HTTP (RFC 9112 7.1).</summary>
    public bool ChunkStart => Kind == Http11EventKind.Data && _reader.ChunkStart;

    /// <summary>Whether the data ends a chunk, for debugging.</summary>
    public bool ChunkEnd => Kind == Http11EventKind.Data && _reader.ChunkEnd;

    /// <summary>The unread bytes of the internal buffer, or what is left of the input of <c>Read</c>.</summary>
    /// <remarks>Valid until the next call. After a switch of protocols, these bytes belong to the new protocol.</remarks>
    public ReadOnlyMemory<byte> TrailingData => _received.Unread;

    /// <summary>Whether <see cref="ReceiveEndOfFile"/> was called, so that nothing comes after <see cref="TrailingData"/>.</summary>
    public bool IsEndOfFileReceived => _received.IsClosed;

    /// <summary>Reads the next event from the caller's buffer.</summary>
    /// <param name="input">
    /// All received bytes that were not consumed. The next call's input must begin with the bytes that this call does not consume. What lies in one piece is read in place; a
    /// head or a line that crosses segments is copied to a reused buffer.
    /// </param>
    /// <param name="endOfInput">Whether the peer has closed its direction, so that nothing follows this input.</param>
    /// <param name="consumed">The number of bytes to drop before the next call. Data counts as consumed, and must be used before it is dropped.</param>
    /// <exception cref="RemoteProtocolException">The peer has broken the protocol, now or earlier.</exception>
    /// <exception cref="InvalidOperationException">Bytes that were not consumed are missing from the input.</exception>
    public Http11EventKind Read(ReadOnlyMemory<byte> input, bool endOfInput, out int consumed)
    {
        if (_breach is not null)
            throw Again();
        try
        {
            return Kind = _reader.Read(input, endOfInput, out consumed);
        }
        catch (RemoteProtocolException breach)
        {
            Break(breach);
            throw;
        }
    }

    /// <summary>Reads the next event from the caller's segments, and moves the input behind the consumed bytes.</summary>
    /// <param name="input">All received bytes that were not consumed; afterwards the rest of them.</param>
    /// <param name="endOfInput">Whether the peer has closed its direction.</param>
    /// <exception cref="RemoteProtocolException">The peer has broken the protocol, now or earlier.</exception>
    /// <exception cref="InvalidOperationException">Bytes that were not consumed are missing from the input.</exception>
    public Http11EventKind Read(ref ReadOnlySequence<byte> input, bool endOfInput)
    {
        if (_breach is not null)
            throw Again();
        try
        {
            return Kind = _segments.Read(ref input, endOfInput);
        }
        catch (RemoteProtocolException breach)
        {
            Break(breach);
            throw;
        }
    }

    /// <summary>Appends received bytes to the internal buffer.</summary>
    /// <remarks>An empty span does not mean the end of file; see <see cref="ReceiveEndOfFile"/>.</remarks>
    /// <param name="bytes">The bytes, which are copied.</param>
    /// <exception cref="InvalidOperationException">The end of file was received before.</exception>
    public void Receive(ReadOnlySpan<byte> bytes) => _received.CheckOpen().Append(bytes);

    /// <summary>Gets room in the internal buffer, into which a socket can receive directly; then call <see cref="Received"/>.</summary>
    /// <param name="sizeHint">The minimum size of the room; any size by default.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sizeHint"/> is negative.</exception>
    /// <exception cref="InvalidOperationException">The end of file was received before.</exception>
    public Memory<byte> GetReceiveMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        return _received.CheckOpen().GetRoom(Math.Max(sizeHint, 512));
    }

    /// <summary>Reports the bytes that were written to the memory of <see cref="GetReceiveMemory"/>.</summary>
    /// <param name="count">The number of bytes written. 0, which a socket returns at its end, means the end of file.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative or greater than the room.</exception>
    /// <exception cref="InvalidOperationException">The end of file was received before.</exception>
    public void Received(int count)
    {
        _received.CheckOpen();
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _received.RoomGiven);
        if (count == 0)
            ReceiveEndOfFile();
        else
            _received.Fill(count);
    }

    /// <summary>Reports that the peer has closed its direction: nothing follows the received bytes.</summary>
    /// <remarks>Calling it again has no effect.</remarks>
    public void ReceiveEndOfFile() => _received.IsClosed = true;

    /// <summary>Reads the next event from the internal buffer.</summary>
    /// <returns>The kind of the event; after <see cref="Http11EventKind.NeedData"/>, call <see cref="Receive"/>.</returns>
    /// <exception cref="RemoteProtocolException">The peer has broken the protocol, now or earlier.</exception>
    public Http11EventKind NextEvent()
    {
        var kind = Read(_received.Unread, _received.IsClosed, out var consumed);
        _received.Consume(consumed);
        return kind;
    }

    /// <summary>Copies the event that was read last.</summary>
    /// <remarks>It allocates, and is meant for logs, tests and tutorials.</remarks>
    public Http11Event ToEvent() => EventCopy.Of(this);

    /// <summary>Writes the head of a request.</summary>
    /// <remarks>Host goes first; no header field is added. Without Content-Length or <c>Transfer-Encoding: chunked</c>, the body is empty (RFC 9112 6.3).</remarks>
    /// <param name="output">The buffer that receives the bytes.</param>
    /// <param name="method">The method, a token.</param>
    /// <param name="target">The target, in a form that the method allows (RFC 9112 3.2).</param>
    /// <param name="fields">The header fields, with exactly one Host.</param>
    /// <exception cref="LocalProtocolException">An argument is malformed, or no request may be sent now.</exception>
    public void SendRequest(IBufferWriter<byte> output, ReadOnlySpan<byte> method, ReadOnlySpan<byte> target, Http11Fields fields)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(fields);
        _writer.WriteRequest(output, method, target, fields);
    }

    /// <summary>Writes an informational response; 101 accepts an Upgrade that the client has proposed.</summary>
    /// <remarks>Content-Length and Transfer-Encoding are omitted (RFC 9110 8.6).</remarks>
    /// <param name="output">The buffer that receives the bytes.</param>
    /// <param name="statusCode">100 to 199.</param>
    /// <param name="reason">The reason phrase; it may be empty.</param>
    /// <param name="fields">The header fields; none by default.</param>
    /// <exception cref="LocalProtocolException">An argument is malformed, or the client speaks HTTP/1.0, or no such response may be sent now.</exception>
    public void SendInformationalResponse(
        IBufferWriter<byte> output, int statusCode, ReadOnlySpan<byte> reason = default, Http11Fields? fields = null)
    {
        ArgumentNullException.ThrowIfNull(output);
        _writer.WriteInformational(output, statusCode, reason, fields);
    }

    /// <summary>Writes the head of the final response, with its framing.</summary>
    /// <remarks>
    /// Without Content-Length, the body is chunked, or ends with the connection for an HTTP/1.0 client. A 204, and a 2xx to CONNECT, have neither Content-Length nor
    /// Transfer-Encoding. <c>Connection: close</c> is added if the connection cannot be reused.
    /// </remarks>
    /// <param name="output">The buffer that receives the bytes.</param>
    /// <param name="statusCode">200 to 599.</param>
    /// <param name="reason">The reason phrase. It may be empty, and no default replaces it.</param>
    /// <param name="fields">The header fields; none by default.</param>
    /// <exception cref="LocalProtocolException">An argument is malformed, or no response may be sent now.</exception>
    public void SendResponse(IBufferWriter<byte> output, int statusCode, ReadOnlySpan<byte> reason = default, Http11Fields? fields = null)
    {
        ArgumentNullException.ThrowIfNull(output);
        _writer.WriteResponse(output, statusCode, reason, fields);
    }

    /// <summary>Writes a part of the body, as one chunk if the body is chunked.</summary>
    /// <remarks>An empty part writes nothing.</remarks>
    /// <param name="output">The buffer that receives the bytes.</param>
    /// <param name="data">The bytes.</param>
    /// <exception cref="LocalProtocolException">No data may be sent now, or it is longer than the declared Content-Length.</exception>
    public void SendData(IBufferWriter<byte> output, ReadOnlySpan<byte> data)
    {
        ArgumentNullException.ThrowIfNull(output);
        _writer.WriteData(output, data);
    }

    /// <summary>Begins a part of the body whose bytes the caller sends itself, from a file for instance.</summary>
    /// <remarks>It writes the framing in front of these bytes, and counts them. Call <see cref="EndData"/> after them.</remarks>
    /// <param name="output">The buffer that receives the framing.</param>
    /// <param name="length">The number of bytes that the caller will send.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is negative.</exception>
    /// <exception cref="LocalProtocolException">No data may be sent now, or it is longer than the declared Content-Length.</exception>
    public void BeginData(IBufferWriter<byte> output, long length)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        _writer.BeginData(output, length);
    }

    /// <summary>Writes the framing behind the bytes that <see cref="BeginData"/> announced.</summary>
    /// <param name="output">The buffer that receives the framing.</param>
    /// <exception cref="LocalProtocolException"><see cref="BeginData"/> was not called.</exception>
    public void EndData(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _writer.EndData(output);
    }

    /// <summary>Ends the message.</summary>
    /// <remarks>Every message needs it, even one without a body.</remarks>
    /// <param name="output">The buffer that receives the bytes, if there are any.</param>
    /// <param name="trailers">The trailer fields, for a chunked body only; none by default.</param>
    /// <exception cref="LocalProtocolException">The message cannot end now, or the body is shorter than its Content-Length, or the trailer fields cannot be sent.</exception>
    public void SendEndOfMessage(IBufferWriter<byte> output, Http11Fields? trailers = null)
    {
        ArgumentNullException.ThrowIfNull(output);
        _writer.WriteEndOfMessage(output, trailers);
    }

    /// <summary>Reports that the caller is about to close its direction of the connection.</summary>
    /// <remarks>It writes nothing; the caller closes the connection.</remarks>
    /// <exception cref="LocalProtocolException">A message of this end is incomplete.</exception>
    public void SendConnectionClosed() => _writer.Close();

    /// <summary>Writes an owned event.</summary>
    /// <param name="output">The buffer that receives the bytes.</param>
    /// <param name="what">The event; one of those that can be sent.</param>
    /// <exception cref="LocalProtocolException">The event is malformed or may not be sent now.</exception>
    public void Send(IBufferWriter<byte> output, Http11Event what)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(what);
        EventSender.Send(this, output, what);
    }

    /// <summary>Returns the bytes of an owned event.</summary>
    /// <remarks>It allocates, and is meant for tutorials and tests.</remarks>
    /// <param name="what">The event; one of those that can be sent.</param>
    /// <exception cref="LocalProtocolException">The event is malformed or may not be sent now.</exception>
    public byte[] Send(Http11Event what)
    {
        var output = new ArrayBufferWriter<byte>();
        Send(output, what);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reports that written bytes did not reach the peer, which breaks this end for good.</summary>
    public void SendFailed() => _exchange.Machine.Break(Role);

    /// <summary>Starts the next cycle of request and response on this connection.</summary>
    /// <remarks>A client should read once more first; see <see cref="CanStartNextCycle"/>.</remarks>
    /// <exception cref="LocalProtocolException">One end is not done, or the connection must close. Nothing has changed.</exception>
    public void StartNextCycle()
    {
        if (!_exchange.TryStartNextCycle())
            throw new LocalProtocolException($"The next cycle can start only when both ends are Done; they are {OurState} and {TheirState}.");
        Kind = Http11EventKind.NeedData;
    }

    /// <summary>Resets the engine, so that the warmed-up object can serve another connection.</summary>
    /// <remarks>A receive buffer that has grown beyond twice <see cref="Http11Options.MaxHeadSize"/> is released.</remarks>
    public void Reset()
    {
        _exchange.Reset();
        _reader.Reset();
        _writer.Reset();
        _segments.Reset();
        _received.Reset();
        _breach = null;
        Kind = Http11EventKind.NeedData;
    }

    private void Break(RemoteProtocolException breach)
    {
        _breach = breach;
        Kind = Http11EventKind.NeedData;
        _exchange.Machine.Break(_theirs);
    }

    private RemoteProtocolException Again() => new($"The peer broke the protocol earlier: {_breach!.Message}", _breach.StatusHint);
}
