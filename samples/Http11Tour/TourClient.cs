using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using JsonRpcLite.Http11;

/// <summary>A socket and an engine in one object: send events, ask for the next one.</summary>
internal sealed class TourClient : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly Stream _stream;

    /// <summary>Connects, with TLS if requested; it trusts the machine's certificate authorities, or the given one.</summary>
    public TourClient(string host, int port, bool tls = false, X509Certificate2? authority = null)
    {
        _socket.Connect(host, port);
        _stream = new NetworkStream(_socket, true);
        if (!tls)
            return;
        var secure = new SslStream(_stream);
        var options = new SslClientAuthenticationOptions { TargetHost = host };
        if (authority is not null)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                CustomTrustStore = { authority },
            };
        }
        secure.AuthenticateAsClient(options);
        _stream = secure;
    }

    public Http11Connection Connection { get; } = new(Http11Role.Client);

    /// <summary>The time-out of a read in milliseconds; 0, the default, waits for ever.</summary>
    public int ReadTimeout
    {
        set => _stream.ReadTimeout = value == 0 ? Timeout.Infinite : value;
    }

    public void Send(params Http11Event[] events)
    {
        foreach (var what in events)
        {
            var bytes = Connection.Send(what);
            if (what is Http11ConnectionClosed)
                _socket.Shutdown(SocketShutdown.Send);
            else
                _stream.Write(bytes);
        }
    }

    /// <summary>Returns the next event. It reads few bytes at a time on purpose, to show that nothing depends on the size.</summary>
    public Http11Event NextEvent(int mostBytesPerRead = 200)
    {
        while (Connection.NextEvent() == Http11EventKind.NeedData)
            Receive(mostBytesPerRead);
        return Connection.ToEvent();
    }

    /// <summary>Reads once from the socket into the engine.</summary>
    public int Receive(int mostBytes)
    {
        var room = Connection.GetReceiveMemory(mostBytes).Span;
        var count = _stream.Read(room[..mostBytes]);
        Connection.Received(count);
        return count;
    }

    public void Dispose() => _stream.Dispose();
}
