using System.Buffers;
using System.Net;
using System.Net.Sockets;
using JsonRpcLite.Http11;

/// <summary>
/// A small HTTP server on sockets: any number of connections, each with its own engine. <see cref="Pages"/> has its replies.
/// </summary>
internal sealed class TourServer : IDisposable
{
    private const int LargestBody = 1024 * 1024;
    private const int MostDrained = 16 * 1024 * 1024;

    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(5);

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public TourServer(int port)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        _listener.Listen();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The listener was closed.
        }
    }

    private static async Task ServeAsync(Socket socket)
    {
        using var _ = socket;
        socket.NoDelay = true;
        var connection = new Http11Connection(Http11Role.Server);
        var output = new ArrayBufferWriter<byte>();
        try
        {
            try
            {
                while (await ServeOneAsync(socket, connection, output))
                    connection.StartNextCycle();
            }
            catch (RemoteProtocolException breach) when (connection.OurState is Http11State.Idle or Http11State.SendResponse)
            {
                output.ResetWrittenCount();
                connection.Send(output, new Http11Response(breach.StatusHint, [("Content-Length", "0")]));
                connection.Send(output, new Http11EndOfMessage());
                await socket.SendAsync(output.WrittenMemory);
            }
            await DrainAsync(socket);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or RemoteProtocolException)
        {
            // The client has disconnected, or never ends its message; the other connections continue.
        }
    }

    // Closing with unread bytes resets the connection, and the client may lose the reply before it has read it (RFC 9112 9.6). So our
    // side is shut down first, and what still arrives is read and dropped, within limits.
    private static async Task DrainAsync(Socket socket)
    {
        socket.Shutdown(SocketShutdown.Send);
        using var bound = new CancellationTokenSource(LongestDrain);
        var dropped = new byte[16 * 1024];
        for (var left = MostDrained; left > 0;)
        {
            var count = await socket.ReceiveAsync(dropped, bound.Token);
            if (count == 0)
                return;
            left -= count;
        }
    }

    /// <summary>Reads a request and answers it; returns whether another one may follow.</summary>
    private static async Task<bool> ServeOneAsync(Socket socket, Http11Connection connection, ArrayBufferWriter<byte> output)
    {
        Http11Request? request = null;
        using var body = new MemoryStream();
        while (true)
        {
            switch (connection.NextEvent())
            {
                case Http11EventKind.NeedData:
                    if (connection.ClientIsWaitingForContinue)
                        await socket.SendAsync(connection.Send(new Http11InformationalResponse(100, [], "Continue")));
                    connection.Received(await socket.ReceiveAsync(connection.GetReceiveMemory()));
                    break;
                case Http11EventKind.Request:
                    request = (Http11Request)connection.ToEvent();
                    // Checked before the client gets the 100 that asks it to send the body.
                    if (connection.ContentLength > LargestBody)
                    {
                        await AnswerAsync(socket, connection, output, Pages.TooLarge, request);
                        return false;
                    }
                    break;
                case Http11EventKind.Data when body.Length + connection.Data.Length > LargestBody:
                    await AnswerAsync(socket, connection, output, Pages.TooLarge, request!);
                    return false;
                case Http11EventKind.Data:
                    body.Write(connection.Data.Span);
                    break;
                case Http11EventKind.EndOfMessage:
                    await AnswerAsync(socket, connection, output, Pages.Answer(request!, body.ToArray()), request!);
                    return connection.CanStartNextCycle;
                case Http11EventKind.ConnectionClosed:
                    return false;
            }
        }
    }

    // Head and body go out in one send.
    private static async Task AnswerAsync(Socket socket, Http11Connection connection, ArrayBufferWriter<byte> output, Page page, Http11Request request)
    {
        connection.Send(output, new Http11Response(page.Status,
        [
            ("Connection", page.Status == 413 ? "close" : "keep-alive"), ("Server", "Http11Tour"), ("Date", DateTimeOffset.UtcNow.ToString("R")), ("Content-Type", page.Type),
            ("Content-Length", $"{page.Body.Length}"), ("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Credentials", "true"), ("Via", "1.1 tour"),
        ], page.Reason));
        if (request.Method != "HEAD")
            connection.SendData(output, page.Body);
        connection.Send(output, new Http11EndOfMessage());
        await socket.SendAsync(output.WrittenMemory);
        output.ResetWrittenCount();
    }
}
