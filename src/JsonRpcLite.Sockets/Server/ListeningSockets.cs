using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>The sockets on which a server listens.</summary>
/// <remarks>These are both loopback addresses on one port, or one address, or all interfaces, or the file of a Unix domain socket.</remarks>
internal sealed class ListeningSockets : IDisposable
{
    /// <summary>The number of attempts to find a port that is free on both loopback addresses.</summary>
    private const int PortAttempts = 20;

    private readonly string _name;

    /// <summary>The file of a Unix domain socket; <c>null</c> for other sockets.</summary>
    private readonly string? _file;

    private ListeningSockets(Socket[] sockets, string name, string? file = null)
    {
        Sockets = sockets;
        _name = name;
        _file = file;
    }

    public IReadOnlyList<Socket> Sockets { get; }

    /// <summary>Listens on a host name and port, as described at <see cref="JsonRpcServerOptions.HostName"/>.</summary>
    /// <exception cref="IOException">The address is in use, or does not belong to this machine, or may not be used.</exception>
    public static ListeningSockets Bind(string hostName, int port)
    {
        var host = hostName.Trim('[', ']');
        if (host is "*" or "+")
            return Bind(new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port));
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return BindAll([IPAddress.Loopback, IPAddress.IPv6Loopback], port, "127.0.0.1");
        if (IPAddress.TryParse(host, out var address))
            return Bind(new IPEndPoint(address, port));
        try
        {
            return BindAll(Dns.GetHostAddresses(host), port, host);
        }
        catch (SocketException e)
        {
            throw new IOException(
                $"Cannot listen on {host}: {Sentence.Of(e.Message)} HostName must be a name or address of this machine. A name that only callers use belongs in AllowedHosts.", e);
        }
    }

    /// <inheritdoc cref="Bind(string, int)" path="/exception"/>
    /// <exception cref="ArgumentException">The end point is of another kind.</exception>
    public static ListeningSockets Bind(EndPoint endPoint) => endPoint switch
    {
        IPEndPoint ip => new([Listen(ip)], NameOf(ip.Address)),
        UnixDomainSocketEndPoint unix => new([ListenAtFile(unix)], "localhost", FileOf(unix)),
        _ => throw new ArgumentException($"SocketTransport.EndPoint must be an IPEndPoint or a UnixDomainSocketEndPoint; it is a {endPoint.GetType().Name}.", nameof(endPoint)),
    };

    /// <summary>The address for clients on this machine; for a Unix domain socket, only the value of the Host header field.</summary>
    public Uri AddressFor(string scheme)
    {
        // Certificates are issued for names.
        var name = scheme == Uri.UriSchemeHttps && _name == "127.0.0.1" && Sockets.Count > 1 ? "localhost" : _name;
        return Sockets[0].LocalEndPoint is IPEndPoint ip ? new Uri($"{scheme}://{name}:{ip.Port}/") : new Uri($"{scheme}://{name}/");
    }

    public void Dispose()
    {
        foreach (var socket in Sockets)
            socket.Dispose();
        try
        {
            if (_file is not null)
                File.Delete(_file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The folder is gone or not writable any more. The next start finds a file that no server listens on.
        }
    }

    private static ListeningSockets BindAll(IPAddress[] addresses, int port, string name)
    {
        for (var attempt = 1; ; attempt++)
        {
            var sockets = new List<Socket>();
            var common = port;
            try
            {
                foreach (var address in addresses)
                {
                    if (address.AddressFamily == AddressFamily.InterNetworkV6 && !Socket.OSSupportsIPv6)
                        continue;
                    try
                    {
                        sockets.Add(Listen(new IPEndPoint(address, common)));
                    }
                    catch (IOException e) when (sockets.Count > 0
                        && e.InnerException is SocketException { SocketErrorCode: SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported })
                    {
                        // This machine's loopback interface has no IPv6.
                        continue;
                    }
                    common = ((IPEndPoint)sockets[^1].LocalEndPoint!).Port;
                }
                return new ListeningSockets([.. sockets], name);
            }
            catch (IOException) when (port == 0 && attempt < PortAttempts)
            {
                sockets.ForEach(s => s.Dispose());
            }
            catch
            {
                sockets.ForEach(s => s.Dispose());
                throw;
            }
        }
    }

    private static Socket Listen(IPEndPoint endPoint)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
            socket.DualMode = endPoint.Address.Equals(IPAddress.IPv6Any);
        return Listen(socket, endPoint);
    }

    private static Socket ListenAtFile(UnixDomainSocketEndPoint endPoint)
    {
        RemoveLeftBehind(endPoint);
        return Listen(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), endPoint);
    }

    private static Socket Listen(Socket socket, EndPoint endPoint)
    {
        try
        {
            socket.Bind(endPoint);
            // With the longest backlog that the system allows.
            socket.Listen();
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            var advice = e.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? " Another program, or another server in this one, is using it. Stop it, or choose another port or file."
                : "";
            var where = endPoint is IPEndPoint ip ? $"port {ip.Port} of {ip.Address}" : endPoint.ToString();
            throw new IOException($"Cannot listen on {where}: {Sentence.Of(e.Message)}{advice}", e);
        }
    }

    /// <summary>Removes the file of a server that was killed.</summary>
    /// <remarks>Any other file of that name remains.</remarks>
    private static void RemoveLeftBehind(UnixDomainSocketEndPoint endPoint)
    {
        if (FileOf(endPoint) is not { } file || !File.Exists(file))
            return;
        // Not blocking: a server whose backlog is full reports "again", and is alive.
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(endPoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            // The system also refuses to connect to a file that is not a socket.
            if (IsSocket(file))
                File.Delete(file);
        }
        catch (SocketException)
        {
            // Binding will report what is wrong.
        }
    }

    /// <summary>Whether the file is a socket: it exists, and cannot be opened as a file although permissions allow it.</summary>
    private static bool IsSocket(string file)
    {
        try
        {
            // This locks and writes nothing, and opening a pipe for reading and writing does not wait for its other end.
            using var opened = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            return false;
        }
        catch (IOException e)
        {
            return e is not (FileNotFoundException or DirectoryNotFoundException);
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The file of a Unix domain socket; <c>null</c> for a name in Linux's abstract namespace.</summary>
    /// <remarks>Such a name begins with a zero byte and is not a file.</remarks>
    private static string? FileOf(UnixDomainSocketEndPoint endPoint) => endPoint.Serialize()[sizeof(short)] == 0 ? null : endPoint.ToString();

    private static string NameOf(IPAddress address)
    {
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            return "127.0.0.1";
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
    }
}
