using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace JsonRpcLite.Tests;

/// <summary>What becomes of the connection when a reply has been sent.</summary>
public enum Ending
{
    Close,

    /// <summary>A close_notify, where there is TLS, and then a close. (<see cref="Close"/> is the bare end of the connection.)</summary>
    Shutdown,
    Keep,
    Reset,

    /// <summary>Nothing more comes, and the connection stays.</summary>
    Stall,

    /// <summary>The same bytes come again and again, until nobody takes them any more.</summary>
    GoOnForEver,
}

/// <summary>A server without any HTTP of its own: each request gets the next reply of the script, byte for byte. Counts what it is asked.</summary>
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

    /// <summary>How many connections there have been.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>The requests that came whole, in order.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    public static string Ok(string body) => $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    public ScriptedServer Then(string latin1, Ending ending = Ending.Close) => Then([latin1], ending);

    /// <summary>Under TLS each piece is a record of its own; all of them leave together.</summary>
    public ScriptedServer Then(string[] pieces, Ending ending)
    {
        _script.Enqueue((pieces, ending));
        return this;
    }

    /// <summary>Waits until one more reply has been sent, as far as it goes; one that goes on for ever, until it has been sent a thousand times.</summary>
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
                // The client is gone, or wants no TLS, or the test is over.
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
