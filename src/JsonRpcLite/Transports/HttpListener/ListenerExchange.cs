using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace JsonRpcLite;

/// <summary>An exchange of <see cref="HttpListenerTransport"/>. Used again for other requests, unless its handler was left behind.</summary>
internal sealed class ListenerExchange : HttpExchange
{
    /// <summary>How much of a body HttpListener sends together with the head.</summary>
    private const int FirstPiece = 16 * 1024;

    /// <summary>How much a peer must have taken before it gets time for more; what the system holds of a reply it has taken.</summary>
    private const int Piece = 32 * 1024;

    private readonly JsonRpcServerOptions _options;
    private readonly Action _onRepliedEarly;
    private HttpListenerContext? _context;
    private byte[] _body = [];
    private bool _isChunked;

    public ListenerExchange(ServerTransportContext transport, Action onRepliedEarly)
        : base(transport)
    {
        _options = transport.Options;
        _onRepliedEarly = onRepliedEarly;
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
            // HttpListener's own: the connection was closed before anybody came to look at its request.
            throw new IOException("The connection is gone.", e);
        }
        var fields = request.Headers;
        for (var i = 0; i < fields.Count; i++)
        {
            // Of a field that was sent more than once HttpListener has kept the last line.
            RequestFields.AddUnchecked(fields.GetKey(i)!, fields.Get(i) ?? "");
        }
        // Never let HttpListener read a chunked body, not even to skip it.
        _isChunked = fields["Transfer-Encoding"] is not null;
        ContentLength = _isChunked || request.ContentLength64 < 0 ? null : request.ContentLength64;
    }

    public ValueTask SendAsync()
    {
        var hasUnreadBody = _isChunked || ContentLength > 0 && !BodyIsRead;
        // A reply other than 2xx that keeps its connection can make HttpListener wait for the rest of a body, on a thread of the pool.
        var isKept = !CloseConnection && !hasUnreadBody && StatusCode is >= 200 and < 300;
        return SendAsync(StatusCode, ResponseFields, HasBody(StatusCode) ? ResponseBody.Length : 0, ResponseBodyToSend, isKept);
    }

    public bool TryEnd()
    {
        if (!IsReusable)
            return false;
        Reset();
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
                "This server takes no Transfer-Encoding: send the body with a Content-Length (in .NET: await content.LoadIntoBufferAsync() before sending), or let the server use SocketTransport.");
        }
        if (ContentLength is not > 0)
            return default;

        var length = (int)ContentLength;
        _body = BodyArrays.Rent(BodyArrays.NextSize(come: 0, length));
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
                // The peer broke off. HttpListener throws at a close as at a reset.
                count = 0;
            }
            if (count == 0)
                throw new HttpRefusalException(400, $"The body ended after {read} of {length} bytes.");
            read += count;
            BodyBytesRead = read;
        }
        return _body.AsMemory(0, length);
    }

    protected override async ValueTask ReplyEarlyAsync(int statusCode, HttpFields fields, ReadOnlyMemory<byte> body)
    {
        try
        {
            var isSent = HasBody(statusCode) && Method != "HEAD";
            await SendAsync(statusCode, fields, HasBody(statusCode) ? body.Length : 0, isSent ? body : default, isKept: false).ConfigureAwait(false);
        }
        finally
        {
            _onRepliedEarly();
        }
    }

    private ValueTask SendAsync(int statusCode, HttpFields fields, int length, ReadOnlyMemory<byte> body, bool isKept)
    {
        var response = _context!.Response;
        response.StatusCode = statusCode;
        foreach (var (name, value) in fields)
            response.Headers.Add(name, value);
        // An empty value takes the place of the one that would name the product.
        response.Headers["Server"] = "";
        response.KeepAlive = isKept;
        response.ContentLength64 = length;
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

    /// <summary>HttpListener copies what is written first, to send it with the head: of a large body that is a small piece.</summary>
    private async ValueTask SendInPiecesAsync(HttpListenerResponse response, ReadOnlyMemory<byte> body)
    {
        var length = FirstPiece;
        while (!body.IsEmpty)
        {
            await EndWriteAsync(BeginWrite(response, body[..length]), response, length).ConfigureAwait(false);
            body = body[length..];
            length = Math.Min(Piece, body.Length);
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
            await WhenCompleted(writing).WaitAsync(TimeToTake(length), _options.TimeProvider).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!writing.IsCompleted)
                throw new TimeoutException("The peer took its reply too slowly.");
        }
        response.OutputStream.EndWrite(writing);
    }

    /// <summary>
    /// Begin and End in place of the asynchronous methods, because those come back by way of the thread pool even when all is there at once, as small bodies are.
    /// </summary>
    private static Task WhenCompleted(IAsyncResult operation) =>
        OperatingSystem.IsWindows() ? Task.Factory.FromAsync(operation, static _ => { }) : TaskToAsyncResult.Unwrap(operation);

    /// <summary>A peer may take its reply as slowly as it may send a body; slower, and it is cut off.</summary>
    private TimeSpan TimeToTake(int length) => _options.Limits.ResponseGracePeriod + TimeSpan.FromSeconds((double)length / _options.Limits.MinResponseRate);

    private void GrowBody(int size)
    {
        var larger = BodyArrays.Rent(size);
        _body.CopyTo(larger, 0);
        BodyArrays.Return(_body);
        _body = larger;
    }
}
