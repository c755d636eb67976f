using System.Buffers;

namespace JsonRpcLite.Http11;

/// <summary>
/// One HTTP/1.1 connection, seen from one end and without its socket: bytes that came go in and events come out; events to send go in and
/// bytes come out. It keeps both ends' states and refuses what HTTP/1.1 does not allow, from either side.
/// </summary>
/// <remarks>
/// <para>Reading has two forms, of which a connection uses one. <c>Read</c> works on the caller's own buffer, in the manner of
/// <c>Utf8JsonReader</c>; <see cref="Receive"/> and <see cref="NextEvent"/> work on a buffer inside. Both answer which event was found;
/// what it says stands in properties, valid until the next call that reads, receives, starts a cycle or resets. A caller of <c>Read</c>
/// over memory who leaves a head's bytes where they are may go on using what the head said until the next head comes. Where the engine's
/// own buffer takes other bytes in their place, as it may whenever more is received or a line crosses segments, method, target, reason,
/// fields and trailers are empty from then on; numbers stay.</para>
/// <para>Whatever the peer sends, reading throws nothing but <see cref="RemoteProtocolException"/>; whatever is asked to be sent, sending
/// throws nothing but <see cref="LocalProtocolException"/>. Misuse that no peer can cause has .NET's own exceptions:
/// <see cref="ArgumentNullException"/>; <see cref="ArgumentOutOfRangeException"/> for a negative length or size, more bytes than there was
/// room, and an index or an option out of its range; <see cref="ArgumentException"/> for a client's lenience on a server; and
/// <see cref="InvalidOperationException"/> for receiving behind the end of file, for input that lost bytes, and for changing fields that
/// were read. Nothing is allocated for a message once the connection has warmed up. Not thread-safe: one call at a time.</para>
/// <para>The engine sets no bound on what is received and not read. While reading answers <see cref="Http11EventKind.Paused"/> the caller
/// must stop receiving, or the peer fills the memory.</para>
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
    /// <param name="role">The end that we play.</param>
    /// <param name="options">Limits and leniences, copied; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range, or the role is neither.</exception>
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

    /// <summary>The end that we play.</summary>
    public Http11Role Role { get; }

    /// <summary>Where our end stands.</summary>
    public Http11State OurState => _exchange.Machine[Role];

    /// <summary>Where the peer's end stands, as far as it was read.</summary>
    public Http11State TheirState => _exchange.Machine[_theirs];

    /// <summary>Where the client's end stands, whoever plays it.</summary>
    public Http11State ClientState => _exchange.Machine.Client;

    /// <summary>Where the server's end stands, whoever plays it.</summary>
    public Http11State ServerState => _exchange.Machine.Server;

    /// <summary>
    /// Whether <see cref="StartNextCycle"/> would succeed: both ends are done and nobody ruled out another cycle (RFC 9112 9.3).
    /// </summary>
    /// <remarks>
    /// Bytes behind a complete response answer no request, and rule out another cycle when a client reads on and gets
    /// <see cref="Http11EventKind.Paused"/> (RFC 9112 9.2). A client that keeps connections should therefore read once more before it asks;
    /// one that starts the next cycle at once takes them for the next response.
    /// </remarks>
    public bool CanStartNextCycle => OurState == Http11State.Done && TheirState == Http11State.Done;

    /// <summary>The version of the peer's last head, such as 1.1; null while none has come. It outlives the cycle.</summary>
    public Version? TheirVersion => _exchange.TheirMinorVersion < 0 ? null : Versions[_exchange.TheirMinorVersion];

    /// <summary>
    /// Whether the client holds its body back until a 100 comes (RFC 9110 10.1.1): a server should send one, or its final response; a
    /// client should not wait for ever. Ends with the first response of any kind, or with the body.
    /// </summary>
    public bool ClientIsWaitingForContinue => _exchange.ClientWaitsForContinue;

    /// <summary>The event that the last read found.</summary>
    public Http11EventKind Kind { get; private set; }

    /// <summary>The method of the request whose head was read last; else empty.</summary>
    public ReadOnlySpan<byte> Method => _reader.HasBytes && Role == Http11Role.Server ? _reader.Method : default;

    /// <summary>
    /// The target of the request whose head was read last, as it came; else empty. It is not normalised, decoded or resolved. The authority
    /// of a target in absolute form goes before Host, which must be ignored then (RFC 9112 3.2.2).
    /// </summary>
    public ReadOnlySpan<byte> Target => _reader.HasBytes && Role == Http11Role.Server ? _reader.Target : default;

    /// <summary>The status of the response whose head was read last, 100 to 999; else 0.</summary>
    public int StatusCode => _reader.HasHead && Role == Http11Role.Client ? _reader.Status : 0;

    /// <summary>The reason phrase of the response whose head was read last; else empty.</summary>
    public ReadOnlySpan<byte> Reason => _reader.HasBytes && Role == Http11Role.Client ? _reader.Reason : default;

    /// <summary>
    /// The fields of the head that was read last; none while the next one is read. A view: the same object for the whole life of the
    /// connection. A server gets exactly one Host with HTTP/1.1, at most one with HTTP/1.0, and at most one Content-Length; equal repeats of
    /// the latter are merged for a client, and one that tells no length is left out where it frames nothing (HEAD, 204, 304).
    /// </summary>
    public Http11Fields Fields { get; }

    /// <summary>
    /// After the end of a message its trailer fields; else none. They are no part of the head and must not be treated so (RFC 9110 6.5.1).
    /// </summary>
    public Http11Fields Trailers { get; }

    /// <summary>
    /// What Content-Length of the last head says; null when there is none. In answer to HEAD, and with 304, it tells the length another
    /// response would have had.
    /// </summary>
    public long? ContentLength => _reader.ContentLength < 0 ? null : _reader.ContentLength;

    /// <summary>Whether the message whose head came last has a chunked body.</summary>
    public bool IsChunked => _reader.IsChunked;

    /// <summary>
    /// A part of the body, after <see cref="Http11EventKind.Data"/>, never empty then; else empty. A slice of the input where it can be.
    /// </summary>
    public ReadOnlyMemory<byte> Data => Kind == Http11EventKind.Data ? _reader.Data : default;

    /// <summary>Whether the data begins a chunk. Chunks mean nothing to HTTP (RFC 9112 7.1); of use for debugging.</summary>
    public bool ChunkStart => Kind == Http11EventKind.Data && _reader.ChunkStart;

    /// <summary>Whether the data ends a chunk. The same holds.</summary>
    public bool ChunkEnd => Kind == Http11EventKind.Data && _reader.ChunkEnd;

    /// <summary>
    /// What was received and not read yet, in the form with the buffer inside; after a switch of protocols it belongs to the new one. In
    /// the other form it is what is left of the input. Valid until the next call.
    /// </summary>
    public ReadOnlyMemory<byte> TrailingData => _received.Unread;

    /// <summary>Whether <see cref="ReceiveEndOfFile"/> was called: nothing comes after <see cref="TrailingData"/>.</summary>
    public bool IsEndOfFileReceived => _received.IsClosed;

    /// <summary>Reads the next event from the caller's buffer.</summary>
    /// <param name="input">
    /// All that came and was not consumed. What is not consumed must stand at the beginning of the next call's input. What lies in one
    /// piece is read where it lies; a head or a line that crosses segments is copied to a buffer that is used again.
    /// </param>
    /// <param name="endOfInput">Whether the peer has closed its direction, so that nothing comes behind this input.</param>
    /// <param name="consumed">
    /// How many bytes to drop before the next call. Data counts as consumed, and must be used before it is dropped.
    /// </param>
    /// <exception cref="RemoteProtocolException">The peer broke the protocol, now or earlier.</exception>
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

    /// <summary>
    /// Reads the next event from the caller's segments, and moves the input behind what was consumed. Otherwise as the other form.
    /// </summary>
    /// <param name="input">All that came and was not consumed; afterwards what is left of it.</param>
    /// <param name="endOfInput">Whether the peer has closed its direction.</param>
    /// <exception cref="RemoteProtocolException">The peer broke the protocol, now or earlier.</exception>
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

    /// <summary>Takes bytes that came into the buffer inside. No bytes are no end of file; see <see cref="ReceiveEndOfFile"/>.</summary>
    /// <param name="bytes">The bytes; copied.</param>
    /// <exception cref="InvalidOperationException">The end of file was received before.</exception>
    public void Receive(ReadOnlySpan<byte> bytes) => _received.CheckOpen().Append(bytes);

    /// <summary>Room in the buffer inside, so that a socket reads straight into it; then call <see cref="Received"/>.</summary>
    /// <param name="sizeHint">How much room is wanted at least; any amount by default.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sizeHint"/> is negative.</exception>
    /// <exception cref="InvalidOperationException">The end of file was received before.</exception>
    public Memory<byte> GetReceiveMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        return _received.CheckOpen().GetRoom(Math.Max(sizeHint, 512));
    }

    /// <summary>Takes what was written to the memory that <see cref="GetReceiveMemory"/> gave.</summary>
    /// <param name="count">How many bytes were written. 0, as a socket answers at its end, is the end of file.</param>
    /// <exception cref="ArgumentOutOfRangeException">More than there was room, or negative.</exception>
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

    /// <summary>The peer has closed its direction: nothing comes behind what was received. Calling it again changes nothing.</summary>
    public void ReceiveEndOfFile() => _received.IsClosed = true;

    /// <summary>Reads the next event from the buffer inside.</summary>
    /// <returns>The event; <see cref="Http11EventKind.NeedData"/> asks for <see cref="Receive"/>.</returns>
    /// <exception cref="RemoteProtocolException">The peer broke the protocol, now or earlier.</exception>
    public Http11EventKind NextEvent()
    {
        var kind = Read(_received.Unread, _received.IsClosed, out var consumed);
        _received.Consume(consumed);
        return kind;
    }

    /// <summary>An owned copy of the event that the last read found. It allocates: for logs, tests and tutorials.</summary>
    public Http11Event ToEvent() => EventCopy.Of(this);

    /// <summary>
    /// Writes the head of a request. Host goes first; nothing is added. Without Content-Length or <c>Transfer-Encoding: chunked</c> the
    /// body is empty (RFC 9112 6.3).
    /// </summary>
    /// <param name="output">Where the bytes go.</param>
    /// <param name="method">The method, a token.</param>
    /// <param name="target">The target, in a form the method allows (RFC 9112 3.2).</param>
    /// <param name="fields">The fields, with exactly one Host.</param>
    /// <exception cref="LocalProtocolException">Something is malformed, or no request may be sent now.</exception>
    public void SendRequest(IBufferWriter<byte> output, ReadOnlySpan<byte> method, ReadOnlySpan<byte> target, Http11Fields fields)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(fields);
        _writer.WriteRequest(output, method, target, fields);
    }

    /// <summary>
    /// Writes an informational response. 101 accepts an Upgrade that the client proposed. Content-Length and Transfer-Encoding are left
    /// out (RFC 9110 8.6).
    /// </summary>
    /// <param name="output">Where the bytes go.</param>
    /// <param name="statusCode">100 to 199.</param>
    /// <param name="reason">The reason phrase; it may be empty.</param>
    /// <param name="fields">The fields; none by default.</param>
    /// <exception cref="LocalProtocolException">Something is malformed, the client speaks HTTP/1.0, or no such response may be sent
    /// now.</exception>
    public void SendInformationalResponse(
        IBufferWriter<byte> output, int statusCode, ReadOnlySpan<byte> reason = default, Http11Fields? fields = null)
    {
        ArgumentNullException.ThrowIfNull(output);
        _writer.WriteInformational(output, statusCode, reason, fields);
    }

    /// <summary>
    /// Writes the head of the final response and takes care of its framing: without Content-Length the body is chunked, or ends with the
    /// connection for an HTTP/1.0 client; on 204 and on 2xx to CONNECT neither field goes out; <c>Connection: close</c> is said when the
    /// connection cannot be used again.
    /// </summary>
    /// <param name="output">Where the bytes go.</param>
    /// <param name="statusCode">200 to 599.</param>
    /// <param name="reason">The reason phrase; it may be empty, and nothing is put in its place.</param>
    /// <param name="fields">The fields; none by default.</param>
    /// <exception cref="LocalProtocolException">Something is malformed, or no response may be sent now.</exception>
    public void SendResponse(IBufferWriter<byte> output, int statusCode, ReadOnlySpan<byte> reason = default, Http11Fields? fields = null)
    {
        ArgumentNullException.ThrowIfNull(output);
        _writer.WriteResponse(output, statusCode, reason, fields);
    }

    /// <summary>Writes a part of the body, as one chunk where the body is chunked. No bytes write nothing.</summary>
    /// <param name="output">Where the bytes go.</param>
    /// <param name="data">The bytes.</param>
    /// <exception cref="LocalProtocolException">No data may be sent now, or it is more than Content-Length announced.</exception>
    public void SendData(IBufferWriter<byte> output, ReadOnlySpan<byte> data)
    {
        ArgumentNullException.ThrowIfNull(output);
        _writer.WriteData(output, data);
    }

    /// <summary>
    /// Begins a part of the body whose bytes the caller sends itself, from a file for instance: writes what stands before them, and counts
    /// them. Then <see cref="EndData"/>.
    /// </summary>
    /// <param name="output">Where the framing goes.</param>
    /// <param name="length">How many bytes the caller is going to send.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is negative.</exception>
    /// <exception cref="LocalProtocolException">No data may be sent now, or it is more than Content-Length announced.</exception>
    public void BeginData(IBufferWriter<byte> output, long length)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        _writer.BeginData(output, length);
    }

    /// <summary>Writes what stands behind the bytes that <see cref="BeginData"/> announced.</summary>
    /// <param name="output">Where the framing goes.</param>
    /// <exception cref="LocalProtocolException">No part was begun.</exception>
    public void EndData(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _writer.EndData(output);
    }

    /// <summary>Ends the message; every message needs it, also one without a body.</summary>
    /// <param name="output">Where the bytes go, if there are any.</param>
    /// <param name="trailers">Trailer fields, for a chunked body only; none by default.</param>
    /// <exception cref="LocalProtocolException">The message cannot end now, the body is shorter than Content-Length announced, or the
    /// trailers cannot be sent.</exception>
    public void SendEndOfMessage(IBufferWriter<byte> output, Http11Fields? trailers = null)
    {
        ArgumentNullException.ThrowIfNull(output);
        _writer.WriteEndOfMessage(output, trailers);
    }

    /// <summary>We are about to close our direction of the connection. It writes nothing; closing is up to the caller.</summary>
    /// <exception cref="LocalProtocolException">A message of ours is not complete.</exception>
    public void SendConnectionClosed() => _writer.Close();

    /// <summary>Writes what an owned event says.</summary>
    /// <param name="output">Where the bytes go.</param>
    /// <param name="what">The event; one of those that can be sent.</param>
    /// <exception cref="LocalProtocolException">The event is malformed or may not be sent now.</exception>
    public void Send(IBufferWriter<byte> output, Http11Event what)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(what);
        EventSender.Send(this, output, what);
    }

    /// <summary>The bytes that say what an owned event says. It allocates; for tutorials and tests.</summary>
    /// <param name="what">The event; one of those that can be sent.</param>
    /// <exception cref="LocalProtocolException">The event is malformed or may not be sent now.</exception>
    public byte[] Send(Http11Event what)
    {
        var output = new ArrayBufferWriter<byte>();
        Send(output, what);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Bytes that were written here did not reach the peer: our side is broken from here on.</summary>
    public void SendFailed() => _exchange.Machine.Break(Role);

    /// <summary>Makes ready for the next request and response on this connection.</summary>
    /// <remarks>A client should have read once more before; see <see cref="CanStartNextCycle"/>.</remarks>
    /// <exception cref="LocalProtocolException">Not both ends are done, or the connection must close. Nothing has changed.</exception>
    public void StartNextCycle()
    {
        if (!_exchange.TryStartNextCycle())
            throw new LocalProtocolException($"A next cycle starts when both ends are done; they are {OurState} and {TheirState}.");
        Kind = Http11EventKind.NeedData;
    }

    /// <summary>
    /// Forgets everything about this connection, so that the object, warm as it is, serves another one. A receive buffer that grew beyond
    /// twice <see cref="Http11Options.MaxHeadSize"/> is let go.
    /// </summary>
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

    private RemoteProtocolException Again() => new($"The peer broke the protocol before: {_breach!.Message}", _breach.StatusHint);
}
