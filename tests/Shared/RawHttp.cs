using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace JsonRpcLite.Tests;

/// <summary>A request as a test wants it on the wire. Unless the test sets Host and Content-Length, correct ones are added.</summary>
internal sealed record RawRequest(string Method = "POST", string Target = "/", byte[]? Body = null, string Version = "1.1")
{
    public List<(string Name, string Value)> Fields { get; init; } = [];

    /// <summary>False sends no Host and no Content-Length except those in <see cref="Fields"/>.</summary>
    public bool AddsFraming { get; init; } = true;

    public RawRequest With(string name, string value) => this with { Fields = [.. Fields, (name, value)] };

    public static RawRequest Post(string json) => new(Body: Encoding.UTF8.GetBytes(json));

    public static RawRequest Post(byte[] body) => new(Body: body);

    public static RawRequest Get(string target) => new("GET", target);

    public bool Has(string name) => Fields.Exists(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}

/// <summary>A reply as it was received.</summary>
internal sealed record RawReply(int Status, List<(string Name, string Value)> Fields, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public string? this[string name] => Fields.Find(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    public bool IsLast => this["Connection"]?.Contains("close", StringComparison.OrdinalIgnoreCase) == true;

    public override string ToString() => $"{Status} {string.Join("; ", Fields)} {Text}";
}

/// <summary>
/// A connection that writes a test's bytes and reads replies with its own reader, which is independent of the library: status line, fields,
/// Content-Length. It gives up after 30 seconds.
/// </summary>
internal sealed class RawConnection : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _socket;
    private readonly List<byte> _received = [];

    private RawConnection(Socket socket) => _socket = socket;

    public EndPoint LocalEndPoint => _socket.LocalEndPoint!;

    /// <summary>The other end: of a connection that a test has accepted.</summary>
    public static RawConnection On(Socket accepted) => new(accepted);

    public static Task<RawConnection> OpenAsync(int port) => OpenAsync(new IPEndPoint(IPAddress.Loopback, port));

    /// <summary>The same from another address of this machine, such as 127.0.0.2.</summary>
    public static Task<RawConnection> OpenAsync(int port, IPAddress from) => OpenAsync(new IPEndPoint(IPAddress.Loopback, port), from);

    public static async Task<RawConnection> OpenAsync(EndPoint endPoint, IPAddress? from = null)
    {
        var isUnix = endPoint.AddressFamily == AddressFamily.Unix;
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, isUnix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        if (!isUnix)
            socket.NoDelay = true;
        if (from is not null)
            socket.Bind(new IPEndPoint(from, 0));
        var connection = new RawConnection(socket);
        await socket.ConnectAsync(endPoint);
        return connection;
    }

    public static async Task<RawReply> ExchangeAsync(int port, RawRequest request)
    {
        using var connection = await OpenAsync(port);
        await connection.SendAsync(request);
        return await connection.ReceiveAsync(request.Method == "HEAD") ?? throw new IOException("The connection ended without a reply.");
    }

    public Task SendAsync(RawRequest request)
    {
        var head = new StringBuilder($"{request.Method} {request.Target} HTTP/{request.Version}\r\n");
        if (request.AddsFraming && !request.Has("Host"))
            head.Append(CultureInfo.InvariantCulture, $"Host: localhost:{(_socket.RemoteEndPoint as IPEndPoint)?.Port ?? 80}\r\n");
        foreach (var (name, value) in request.Fields)
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        if (request.AddsFraming && request.Body is not null && !request.Has("Content-Length") && !request.Has("Transfer-Encoding"))
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {request.Body.Length}\r\n");
        head.Append("\r\n");
        return SendAsync([.. Encoding.Latin1.GetBytes(head.ToString()), .. request.Body ?? []]);
    }

    public Task SendAsync(string latin1) => SendAsync(Encoding.Latin1.GetBytes(latin1));

    public async Task SendAsync(byte[] bytes)
    {
        using var patience = new CancellationTokenSource(Patience);
        for (var sent = 0; sent < bytes.Length;)
            sent += await _socket.SendAsync(bytes.AsMemory(sent), patience.Token);
    }

    /// <summary>Sends one byte of urgent data (TCP's, out of band).</summary>
    public void SendUrgent() => _socket.Send("!"u8, SocketFlags.OutOfBand);

    public void ShutdownSend() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>The same, if the peer may have ended the connection already.</summary>
    public void TryShutdownSend()
    {
        try
        {
            ShutdownSend();
        }
        catch (SocketException)
        {
            // It has.
        }
    }

    /// <summary>The next reply; <c>null</c> if the connection ended instead.</summary>
    public async Task<RawReply?> ReceiveAsync(bool isBodiless = false)
    {
        int headEnd;
        while ((headEnd = Encoding.Latin1.GetString([.. _received]).IndexOf("\r\n\r\n", StringComparison.Ordinal)) < 0)
        {
            if (await ReadMoreAsync())
                continue;
            return _received.Count == 0 ? null : throw new IOException($"The connection ended in the middle of a head: {Encoding.Latin1.GetString([.. _received])}");
        }
        var lines = Encoding.Latin1.GetString([.. _received[..headEnd]]).Split("\r\n");
        _received.RemoveRange(0, headEnd + 4);
        var fields = lines.Skip(1).Select(line => line.Split(':', 2)).Select(pair => (pair[0], pair[1].Trim())).ToList();
        var reply = new RawReply(int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture), fields, []);
        if (reply.Status / 100 == 1)
            return await ReceiveAsync(isBodiless);
        if (isBodiless || reply.Status is 204 or 304)
            return reply;

        var length = int.Parse(reply["Content-Length"] ?? throw new IOException($"The reply has no Content-Length: {reply}"), CultureInfo.InvariantCulture);
        while (_received.Count < length)
        {
            if (!await ReadMoreAsync())
                throw new IOException($"The connection ended in the middle of a body: {_received.Count} of {length} bytes.");
        }
        var body = _received[..length].ToArray();
        _received.RemoveRange(0, length);
        return reply with { Body = body };
    }

    /// <summary>Reads up to and including the text; the bytes after it are kept for the next read.</summary>
    public async Task<string> ReceiveUntilAsync(string latin1)
    {
        int end;
        while ((end = Encoding.Latin1.GetString([.. _received]).IndexOf(latin1, StringComparison.Ordinal)) < 0)
        {
            if (!await ReadMoreAsync())
                throw new IOException($"The connection ended before '{latin1}': {Encoding.Latin1.GetString([.. _received])}");
        }
        end += latin1.Length;
        var text = Encoding.Latin1.GetString([.. _received[..end]]);
        _received.RemoveRange(0, end);
        return text;
    }

    /// <summary>Reads a number of bytes, or until the connection ends, and discards them; returns their number.</summary>
    public async Task<int> ReceiveCountAsync(int count)
    {
        var received = 0;
        while (received < count && (_received.Count > 0 || await ReadMoreAsync()))
        {
            var taken = Math.Min(count - received, _received.Count);
            _received.RemoveRange(0, taken);
            received += taken;
        }
        return received;
    }

    /// <summary>Reads until the peer closes; returns the received text. A reset counts as a close.</summary>
    public async Task<string> ReceiveToEndAsync()
    {
        while (await ReadMoreAsync())
        {
        }
        return Encoding.Latin1.GetString([.. _received]);
    }

    /// <summary>Ends the connection with a reset instead of a close.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();

    private async Task<bool> ReadMoreAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        var buffer = new byte[16 * 1024];
        try
        {
            var count = await _socket.ReceiveAsync(buffer, patience.Token);
            _received.AddRange(buffer.AsSpan(0, count));
            return count > 0;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
        {
            return false;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Nothing more came within {Patience}; so far: {Encoding.Latin1.GetString([.. _received])}");
        }
    }
}
