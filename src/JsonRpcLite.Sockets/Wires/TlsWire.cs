using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace JsonRpcLite;

/// <summary>A connection under TLS.</summary>
internal sealed class TlsWire : Wire
{
    private readonly SslStream _stream;
    private readonly WireStream _records;

    /// <param name="socket">The connection.</param>
    /// <param name="records">Stands on it.</param>
    /// <param name="stream">Stands on that, and is authenticated.</param>
    public TlsWire(Socket socket, WireStream records, SslStream stream)
        : base(socket) => (_records, _stream) = (records, stream);

    /// <summary>What the peer showed; <c>null</c> where it was not asked, or had none.</summary>
    public X509Certificate? RemoteCertificate => _stream.RemoteCertificate;

    /// <summary>Shakes hands as the server.</summary>
    public static async Task<TlsWire> AcceptAsync(Wire plain, SslServerAuthenticationOptions options)
    {
        var records = new WireStream(plain);
        var stream = new SslStream(records);
        try
        {
            await stream.AuthenticateAsServerAsync(options).ConfigureAwait(false);
            return new TlsWire(plain.Socket, records, stream);
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Ends only with data that is decrypted, or the end, on which <see cref="TryReceiveAsync"/> relies: TLS has records of its own, and waits for one that carries data.</summary>
    public override ValueTask<int> WaitAsync() => _stream.ReadAsync(Memory<byte>.Empty);

    public override ValueTask<int> TryReceiveAsync(Memory<byte> buffer) => ReceiveAsync(buffer);

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => _stream.ReadAsync(buffer);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes);

    public override int Receive(Span<byte> buffer) => _stream.Read(buffer);

    public override void Send(ReadOnlySpan<byte> bytes) => _stream.Write(bytes);

    /// <summary>
    /// SslStream reads ahead. A read that leaves room has taken all complete records that it had; one that filled its room may have left some, and a part of the next record may be here in any case.
    /// </summary>
    public override bool MayHoldInput(bool wasRoomFilled) => wasRoomFilled || _records.IsInsideRecord;

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
