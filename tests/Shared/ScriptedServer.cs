using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace JsonRpcLite.Tests;

/// <summary>What happens to the connection after a reply.</summary>
public enum Ending
{
    Close,

    /// <summary>A close_notify under TLS, and then a close. (<see cref="Close"/> is a close without it.)</summary>
    Shutdown,
    Keep,
    Reset,

    /// <summary>Nothing more is sent, and the connection stays open.</summary>
    Stall,

    /// <summary>The same bytes are sent again and again, until the client no longer reads them.</summary>
    GoOnForEver,
}

/// <summary>A server without HTTP logic: each request gets the next reply of the script, byte for byte. It records the requests.</summary>
internal sealed class ScriptedServer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly X509Certificate2? _certificate;
    private readonly ConcurrentQueue<(string[] Pieces, Ending Ending)> _script = [];
    private readonly ConcurrentQueue<string> _requests = [];
    private readonly CancellationTokenSource _disposed = new();
    private readonly SemaphoreSlim _answered = new(0);
    private int _connections;

    /// <param name="certificate">Makes it speak TLS.</param>
    public ScriptedServer(X509Certificate2? certificate = null)
    {
        _certificate = certificate;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _ = AcceptAsync();
    }

    public int Port { get; }

    public bool IsSecure => _certificate is not null;

    /// <summary>The number of connections so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>The complete requests, in order.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    public static string Ok(string body) => $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    public ScriptedServer Then(string latin1, Ending ending = Ending.Close) => Then([latin1], ending);

    /// <summary>Under TLS each piece is a separate record; all of them are sent together.</summary>
    public ScriptedServer Then(string[] pieces, Ending ending)
    {
        _script.Enqueue((pieces, ending));
        return this;
    }

    /// <summary>Waits until one more reply has been sent; for an endless one, until it has been sent a thousand times.</summary>
    public async Task HasAnsweredAsync() => (await _answered.WaitAsync(TimeSpan.FromSeconds(30))).Should().BeTrue("the request must come");

    public void Dispose()
    {
        _disposed.Cancel();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var connection = await _listener.AcceptAsync(_disposed.Token);
                Interlocked.Increment(ref _connections);
                _ = ServeAsync(connection);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        using (connection)
        {
            try
            {
                await using var wire = new GatheringStream(new NetworkStream(connection));
                Stream stream = wire;
                if (_certificate is not null)
                {
                    var secure = new SslStream(wire);
                    await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _disposed.Token);
                    stream = secure;
                }
                while (await ReadRequestAsync(stream) is { } request)
                {
                    _requests.Enqueue(request);
                    if (!_script.TryDequeue(out var reply))
                        return;
                    var times = 0;
                    do
                    {
                        wire.IsHolding = true;
                        foreach (var piece in reply.Pieces)
                            await stream.WriteAsync(Encoding.Latin1.GetBytes(piece), _disposed.Token);
                        if (reply.Ending == Ending.Shutdown && stream is SslStream ending)
                            await ending.ShutdownAsync();
                        wire.IsHolding = false;
                        await wire.SendAsync(_disposed.Token);
                        if (++times == (reply.Ending == Ending.GoOnForEver ? 1000 : 1))
                            _answered.Release();
                    }
                    while (reply.Ending == Ending.GoOnForEver);
                    if (reply.Ending == Ending.Stall)
                        await Task.Delay(Timeout.InfiniteTimeSpan, _disposed.Token);
                    if (reply.Ending == Ending.Reset)
                        connection.LingerState = new LingerOption(true, 0);
                    if (reply.Ending != Ending.Keep)
                        return;
                }
            }
            catch (Exception e) when (e is SocketException or IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
            {
                // The client has disconnected or refuses TLS, or the test has ended.
            }
        }
    }

    private async Task<string?> ReadRequestAsync(Stream connection)
    {
        var request = "";
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var end = request.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                var length = request[..end].Split("\r\n").SingleOrDefault(line => line.StartsWith("Content-Length: ", StringComparison.Ordinal));
                if (length is null || request.Length >= end + 4 + int.Parse(length[16..], CultureInfo.InvariantCulture))
                    return request;
            }
            var count = await connection.ReadAsync(buffer, _disposed.Token);
            if (count == 0)
                return null;
            request += Encoding.Latin1.GetString(buffer, 0, count);
        }
    }
}
