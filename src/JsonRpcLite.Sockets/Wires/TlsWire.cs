using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace JsonRpcLite;

/// <summary>A connection under TLS.</summary>
/// <remarks>
/// Whoever closes it says so first, by a close_notify alert (RFC 9112 9.8, RFC 8446 6.1): without one the peer cannot tell the end from a connection that was cut off. The alert is
/// sent only where nothing else is being sent, and only as far as the system takes it at once: a peer that reads nothing holds up nobody.
/// </remarks>
internal sealed class TlsWire : Wire
{
    private const int Free = 0;
    private const int Sending = 1;
    private const int Ended = 2;

    private readonly SslStream _stream;
    private readonly WireStream _records;

    /// <summary>Who may send: changed by compare-and-swap by the thread that sends and by the one that closes. Nothing leaves <see cref="Ended"/>.</summary>
    private int _sender;

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

    /// <summary>
    /// Ends only with data that is decrypted, or the end, on which <see cref="TryReceiveAsync"/> relies: TLS has records of its own, and waits for one that carries data.
    /// </summary>
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

    /// <summary>
    /// SslStream reads ahead. A read that leaves room has taken all complete records that it had; one that filled its room may have left some, and a part of the next record may be
    /// here in any case.
    /// </summary>
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
        TrySayEnd();
        base.Close();
    }

    public override void Dispose()
    {
        _stream.Dispose();
        base.Dispose();
    }

    /// <exception cref="ObjectDisposedException">It was closed, or the end was said.</exception>
    private void Begin() => ObjectDisposedException.ThrowIf(Interlocked.CompareExchange(ref _sender, Sending, Free) != Free, this);

    private void End() => Interlocked.CompareExchange(ref _sender, Free, Sending);

    private void TrySayEnd()
    {
        if (Interlocked.CompareExchange(ref _sender, Ended, Free) != Free)
            return;
        try
        {
            // A blocking socket that has no room would block.
            if (!Socket.Poll(0, SelectMode.SelectWrite))
                return;
            var saying = _stream.ShutdownAsync();
            // Closing ends what has not gone out.
            if (!saying.IsCompletedSuccessfully)
                saying.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        catch (Exception e) when (e is IOException
            or SocketException or InvalidOperationException or System.Security.Authentication.AuthenticationException or System.ComponentModel.Win32Exception)
        {
            // The peer, or the stream, is gone already.
        }
    }
}
