using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace JsonRpcLite;

/// <summary>An exchange of <see cref="HttpListenerTransport"/>.</summary>
/// <remarks>It is reused for other requests, unless its handler was left behind.</remarks>
internal sealed class ListenerExchange : HttpExchange
{
    /// <summary>The number of body bytes that HttpListener sends together with the head.</summary>
    private const int FirstPiece = 16 * 1024;

    private readonly ServerTransportContext _server;
    private readonly Action _onLeft;
    private readonly ConcurrentDictionary<HttpListenerContext, bool> _streams;
    private HttpListenerContext? _context;
    private byte[] _body = [];
    private bool _isChunked;

    /// <param name="server">The context of the transport.</param>
    /// <param name="onLeft">Called when an early reply or a broken stream has ended while the handler still runs.</param>
    /// <param name="streams">Receives the context of a reply that is sent in pieces, so that stopping can end it.</param>
    public ListenerExchange(ServerTransportContext server, Action onLeft, ConcurrentDictionary<HttpListenerContext, bool> streams)
        : base(server.Limits)
    {
        _server = server;
        _onLeft = onLeft;
        _streams = streams;
    }

    public void Begin(HttpListenerContext context)
    {
        _context = context;
        var request = context.Request;
        Method = request.HttpMethod;
        Target = request.RawUrl ?? "/";
        ProtocolVersion = request.ProtocolVersion;
        try
        {
            RemoteEndPoint = request.RemoteEndPoint;
        }
        catch (NullReferenceException e)
        {
            // HttpListener throws this if the connection was closed before its request was read.
            throw new IOException("The connection was closed.", e);
        }
        var fields = request.Headers;
        for (var i = 0; i < fields.Count; i++)
        {
            // HttpListener keeps only the last line of a repeated header field.
            RequestHeaders.AddUnchecked(fields.GetKey(i)!, fields.Get(i) ?? "");
        }
        // HttpListener must never read a chunked body, not even to skip it.
        _isChunked = fields["Transfer-Encoding"] is not null;
        ContentLength = _isChunked || request.ContentLength64 < 0 ? null : request.ContentLength64;
    }

    public bool TryEnd()
    {
        if (!TryReset())
            return false;
        _context = null;
        BodyArrays.Return(_body);
        _body = [];
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    protected override async ValueTask<ReadOnlyMemory<byte>> ReadBodyCoreAsync(CancellationToken cancellationToken)
    {
        if (_isChunked)
        {
            throw new HttpRefusalException(411,
                "This server does not accept Transfer-Encoding. Send the body with a Content-Length (in .NET: await content.LoadIntoBufferAsync() before sending), or use SocketTransport on the server.");
        }
        if (ContentLength is not > 0)
            return default;

        var length = (int)ContentLength;
        _body = BodyArrays.Rent(BodyArrays.NextSize(received: 0, length));
        var stream = _context!.Request.InputStream;
        var read = 0;
        while (read < length)
        {
            if (read == _body.Length)
                GrowBody(BodyArrays.NextSize(read, length));
            cancellationToken.ThrowIfCancellationRequested();
            int count;
            try
            {
                var reading = stream.BeginRead(_body, read, Math.Min(_body.Length, length) - read, null, null);
                if (!reading.IsCompleted)
                    await WhenCompleted(reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                count = stream.EndRead(reading);
            }
            catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException)
            {
                // The peer has disconnected. HttpListener throws for a close as for a reset.
                count = 0;
            }
            if (count == 0)
                throw new HttpRefusalException(400, $"The body ended after {read} of {length} bytes.");
            read += count;
            BodyBytesRead = read;
        }
        return _body.AsMemory(0, length);
    }

    /// <summary>Whether replies can be sent in pieces: to HTTP/1.0 HttpListener writes <c>Content-Length: 0</c>, and then the body.</summary>
    protected override bool CanStream => ProtocolVersion >= System.Net.HttpVersion.Version11;

    protected internal override void Abort()
    {
        ListenerSocket.EndChunked(_context!);
        _onLeft();
    }

    protected internal override ValueTask SendAsync(HttpResponseHead head, ReadOnlyMemory<byte> body, ReplyPart part)
    {
        if (part != ReplyPart.Whole)
            return SendPartAsync(head, body, part);
        if (head.IsEarly)
            return SendEarlyAsync(head, body);
        var hasUnreadBody = _isChunked || ContentLength > 0 && !BodyIsRead;
        // After an error on a keep-alive connection, HttpListener may wait for the rest of a body, on a thread of the pool.
        return SendAsync(head, body, isKept: !head.EndsConnection && !hasUnreadBody && head.StatusCode is >= 200 and < 300 or 304);
    }

    private HttpListenerResponse SetHead(HttpResponseHead head)
    {
        var response = _context!.Response;
        response.StatusCode = head.StatusCode;
        foreach (var (name, value) in head.Headers)
            response.Headers.Add(name, value);
        // An empty value replaces the one that would name the product.
        response.Headers["Server"] = "";
        return response;
    }

    private async ValueTask SendPartAsync(HttpResponseHead head, ReadOnlyMemory<byte> body, ReplyPart part)
    {
        var response = part == ReplyPart.First ? SetHead(head) : _context!.Response;
        if (part == ReplyPart.First)
        {
            // A keep-alive connection would get a stray 200 if the listener closes in the middle of the reply.
            (response.SendChunked, response.KeepAlive) = (true, false);
            _streams[_context!] = true;
        }
        // The head is sent with the first byte: an empty write would be the end mark.
        while (!body.IsEmpty)
        {
            var length = Math.Min(HttpLimits.ResponsePieceSize, body.Length);
            await EndWriteAsync(BeginWrite(response, body[..length]), response, length).ConfigureAwait(false);
            body = body[length..];
        }
        // Close writes the end mark, and waits until the client has read it.
        if (part == ReplyPart.Last)
            await Task.Run(response.Close).WaitAsync(_server.Limits.TimeToTake(FirstPiece), _server.TimeProvider).ConfigureAwait(false);
    }

    private async ValueTask SendEarlyAsync(HttpResponseHead head, ReadOnlyMemory<byte> body)
    {
        try
        {
            await SendAsync(head, body, isKept: false).ConfigureAwait(false);
        }
        finally
        {
            _onLeft();
        }
    }

    private ValueTask SendAsync(HttpResponseHead head, ReadOnlyMemory<byte> body, bool isKept)
    {
        var response = SetHead(head);
        // To HTTP/1.0, HttpListener would send both Connection: close and keep-alive.
        response.KeepAlive = isKept && ProtocolVersion >= System.Net.HttpVersion.Version11;
        response.ContentLength64 = head.ContentLength ?? 0;
        if (body.Length > FirstPiece)
            return SendInPiecesAsync(response, body);
        if (!body.IsEmpty)
        {
            var writing = BeginWrite(response, body);
            if (!writing.IsCompleted)
                return AwaitWriteAsync(writing, response, body.Length);
            response.OutputStream.EndWrite(writing);
        }
        response.Close();
        return default;
    }

    private async ValueTask AwaitWriteAsync(IAsyncResult writing, HttpListenerResponse response, int length)
    {
        await EndWriteAsync(writing, response, length).ConfigureAwait(false);
        response.Close();
    }

    /// <summary>Sends a large body in pieces: HttpListener copies the first write to send it with the head, so that is a small piece.</summary>
    private async ValueTask SendInPiecesAsync(HttpListenerResponse response, ReadOnlyMemory<byte> body)
    {
        var length = FirstPiece;
        while (!body.IsEmpty)
        {
            await EndWriteAsync(BeginWrite(response, body[..length]), response, length).ConfigureAwait(false);
            body = body[length..];
            length = Math.Min(HttpLimits.ResponsePieceSize, body.Length);
        }
        response.Close();
    }

    private static IAsyncResult BeginWrite(HttpListenerResponse response, ReadOnlyMemory<byte> piece)
    {
        var array = MemoryMarshal.TryGetArray(piece, out var segment) ? segment : piece.ToArray();
        return response.OutputStream.BeginWrite(array.Array!, array.Offset, array.Count, null, null);
    }

    private async ValueTask EndWriteAsync(IAsyncResult writing, HttpListenerResponse response, int length)
    {
        if (!writing.IsCompleted)
        {
            await WhenCompleted(writing).WaitAsync(_server.Limits.TimeToTake(length), _server.TimeProvider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!writing.IsCompleted)
                throw new TimeoutException("The peer reads its reply too slowly.");
        }
        response.OutputStream.EndWrite(writing);
    }

    /// <summary>Returns a task for a Begin operation.</summary>
    /// <remarks>Begin and End replace the asynchronous methods, which complete on the thread pool even if everything is available at once, as with small bodies.</remarks>
    private static Task WhenCompleted(IAsyncResult operation) =>
        OperatingSystem.IsWindows() ? Task.Factory.FromAsync(operation, static _ => { }) : TaskToAsyncResult.Unwrap(operation);

    private void GrowBody(int size)
    {
        var larger = BodyArrays.Rent(size);
        _body.CopyTo(larger, 0);
        BodyArrays.Return(_body);
        _body = larger;
    }
}
