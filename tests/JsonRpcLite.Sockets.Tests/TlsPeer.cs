using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace JsonRpcLite.Sockets.Tests;

/// <summary>One end of a connection under TLS that also sees the records of the other end on the wire. It gives up after 30 seconds.</summary>
internal sealed class TlsPeer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly RecordedStream _wire;
    private readonly SslStream _stream;

    private TlsPeer(Socket socket) => _stream = new SslStream(_wire = new RecordedStream(socket));

    /// <summary>The last record that arrived: its type, and the length of its content.</summary>
    public (int Type, int Length) LastRecord => _wire.LastRecord();

    public static async Task<TlsPeer> ConnectAsync(int port, SslProtocols protocol)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        var peer = new TlsPeer(socket);
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = protocol,
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
        };
        await peer._stream.AuthenticateAsClientAsync(options).WaitAsync(Patience);
        return peer;
    }

    public static async Task<TlsPeer> AcceptAsync(Socket accepted, X509Certificate2 certificate)
    {
        var peer = new TlsPeer(accepted);
        await peer._stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }).WaitAsync(Patience);
        return peer;
    }

    public Task SendAsync(string text) => _stream.WriteAsync(Encoding.Latin1.GetBytes(text)).AsTask().WaitAsync(Patience);

    public Task SayEndAsync() => _stream.ShutdownAsync().WaitAsync(Patience);

    public async Task ReceiveUntilAsync(string text)
    {
        var received = "";
        var buffer = new byte[1];
        while (!received.EndsWith(text, StringComparison.Ordinal))
            received += await _stream.ReadAsync(buffer).AsTask().WaitAsync(Patience) == 1 ? (char)buffer[0] : throw new IOException($"The connection ended: {received}");
    }

    /// <summary>Reads until TLS has ended, and then what is left up to the end of the connection; returns the text.</summary>
    public async Task<string> ReceiveToEndAsync()
    {
        var received = new StringBuilder();
        var buffer = new byte[4096];
        while (await _stream.ReadAsync(buffer).AsTask().WaitAsync(Patience) is var count and > 0)
            received.Append(Encoding.Latin1.GetString(buffer, 0, count));
        while (await _wire.ReadAsync(buffer).AsTask().WaitAsync(Patience) > 0)
        {
        }
        return received.ToString();
    }

    public void Dispose() => _stream.Dispose();

    private sealed class RecordedStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
    {
        private const int HeaderLength = 5;

        private readonly List<byte> _received = [];

        public (int Type, int Length) LastRecord()
        {
            var bytes = _received.ToArray().AsSpan();
            while (true)
            {
                var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]);
                if (HeaderLength + length == bytes.Length)
                    return (bytes[0], length);
                bytes = bytes[(HeaderLength + length)..];
            }
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await base.ReadAsync(buffer, cancellationToken);
            _received.AddRange(buffer.Span[..count]);
            return count;
        }
    }
}
