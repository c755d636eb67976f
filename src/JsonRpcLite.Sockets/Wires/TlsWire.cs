using System.Net.Security;
using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>A connection under TLS.</summary>
internal sealed class TlsWire : Wire
{
    private readonly SslStream _stream;

    /// <param name="socket">The connection.</param>
    /// <param name="stream">Stands on it, and is authenticated.</param>
    public TlsWire(Socket socket, SslStream stream)
        : base(socket) => _stream = stream;

    public static async Task<TlsWire> AcceptAsync(Socket socket, SslServerAuthenticationOptions options)
    {
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsServerAsync(options).ConfigureAwait(false);
        return new TlsWire(socket, stream);
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _stream.ReadAsync(buffer, cancellationToken);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default) => _stream.WriteAsync(bytes, cancellationToken);

    public override async ValueTask ShutdownSendAsync()
    {
        await _stream.ShutdownAsync().ConfigureAwait(false);
        Socket.Shutdown(SocketShutdown.Send);
    }

    public override void Dispose()
    {
        _stream.Dispose();
        base.Dispose();
    }
}
