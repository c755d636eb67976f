using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace JsonRpcLite;

/// <summary>A connection under TLS.</summary>
/// <remarks>
/// The side that closes first sends a close_notify alert (RFC 9112 9.8, RFC 8446 6.1). Without it, the peer cannot distinguish the end from a connection that was cut off. The
/// alert is sent only if no other send is in progress, and only as far as the system accepts it at once, so that a peer that reads nothing delays no other connection.
/// </remarks>
internal sealed class TlsWire : Wire
{
    private const int Free = 0;
    private const int Sending = 1;
    private const int Ended = 2;

    private readonly SslStream _stream;
    private readonly WireStream _records;

    /// <summary>The state of sending, which the sending thread and the closing thread change by compare-and-swap.</summary>
    /// <remarks><see cref="Ended"/> is final.</remarks>
    private int _sender;

    /// <param name="socket">The connection.</param>
    /// <param name="records">The stream on top of the socket.</param>
    /// <param name="stream">The authenticated TLS stream on top of <paramref name="records"/>.</param>
    public TlsWire(Socket socket, WireStream records, SslStream stream)
        : base(socket) => (_records, _stream) = (records, stream);

    /// <summary>The peer's certificate; <c>null</c> if the peer was not asked for one, or has none.</summary>
    public X509Certificate? RemoteCertificate => _stream.RemoteCertificate;

    /// <summary>Performs the TLS handshake as the server.</summary>
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

    /// <summary>Waits until there is decrypted data or the end, on which <see cref="TryReceiveAsync"/> relies.</summary>
    /// <remarks>TLS has records that carry no data. The wait continues until one carries data.</remarks>
    public override ValueTask<int> WaitAsync() => _stream.ReadAsync(Memory<byte>.Empty);

    public override ValueTask<int> TryReceiveAsync(Memory<byte> buffer) => ReceiveAsync(buffer);

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => _stream.ReadAsync(buffer);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        Begin();
        try
        {
            var sending = _stream.WriteAsync(bytes);
            if (!sending.IsCompletedSuccessfully)
                return AwaitAsync(sending);
        }
        catch
        {
            End();
            throw;
        }
        End();
        return default;

        async ValueTask AwaitAsync(ValueTask sending)
        {
            try
            {
                await sending.ConfigureAwait(false);
            }
            finally
            {
                End();
            }
        }
    }

    public override int Receive(Span<byte> buffer) => _stream.Read(buffer);

    public override void Send(ReadOnlySpan<byte> bytes)
    {
        Begin();
        try
        {
            _stream.Write(bytes);
        }
        finally
        {
            End();
        }
    }

    /// <summary>Whether the stream may hold input.</summary>
    /// <remarks>
    /// SslStream reads ahead. A read that does not fill its buffer has taken all complete records; one that fills it may have left some. In either case a part of the next record
    /// may be there.
    /// </remarks>
    public override bool MayHoldInput(bool wasRoomFilled) => wasRoomFilled || _records.IsInsideRecord;

    public override async ValueTask ShutdownSendAsync()
    {
        Begin();
        await _stream.ShutdownAsync().ConfigureAwait(false);
        Volatile.Write(ref _sender, Ended);
        Socket.Shutdown(SocketShutdown.Send);
    }

    public override void Close()
    {
        TrySendCloseNotify();
        base.Close();
    }

    public override void Dispose()
    {
        _stream.Dispose();
        base.Dispose();
    }

    /// <exception cref="ObjectDisposedException">The wire was closed, or its sending side was shut down.</exception>
    private void Begin() => ObjectDisposedException.ThrowIf(Interlocked.CompareExchange(ref _sender, Sending, Free) != Free, this);

    private void End() => Interlocked.CompareExchange(ref _sender, Free, Sending);

    private void TrySendCloseNotify()
    {
        if (Interlocked.CompareExchange(ref _sender, Ended, Free) != Free)
            return;
        try
        {
            // Sending on a blocking socket without room would block.
            if (!Socket.Poll(0, SelectMode.SelectWrite))
                return;
            var sending = _stream.ShutdownAsync();
            // Closing discards what was not sent.
            if (!sending.IsCompletedSuccessfully)
                sending.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        catch (Exception e) when (e is IOException
            or SocketException or InvalidOperationException or System.Security.Authentication.AuthenticationException or System.ComponentModel.Win32Exception)
        {
            // The peer or the stream is closed already.
        }
    }
}
