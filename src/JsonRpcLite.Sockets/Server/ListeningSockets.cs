using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>The sockets that a server listens at: both loopback addresses on one port, or one address, or every interface, or the file of a Unix domain socket.</summary>
internal sealed class ListeningSockets : IDisposable
{
    /// <summary>How often to look for a port that is free on both loopback addresses.</summary>
    private const int PortAttempts = 20;

    private readonly string _name;

    private ListeningSockets(Socket[] sockets, string name)
    {
        Sockets = sockets;
        _name = name;
    }

    public IReadOnlyList<Socket> Sockets { get; }

    /// <summary>Listens by host name and port, as <see cref="JsonRpcServerOptions.HostName"/> says it.</summary>
    /// <exception cref="IOException">The address is in use, not this machine's, or may not be used.</exception>
    public static ListeningSockets Bind(string hostName, int port)
    {
        var host = hostName.Trim('[', ']');
        if (host is "*" or "+")
            return Bind(new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port));
        if (IPAddress.TryParse(host, out var address))
            return Bind(new IPEndPoint(address, port));
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return BindAll([IPAddress.Loopback, IPAddress.IPv6Loopback], port, "127.0.0.1");
        try
        {
            return BindAll(Dns.GetHostAddresses(host), port, host);
        }
        catch (SocketException e)
        {
            throw new IOException($"Cannot listen on {host}: {e.Message}", e);
        }
    }

    /// <inheritdoc cref="Bind(string, int)" path="/exception"/>
    /// <exception cref="ArgumentException">An end point of another kind.</exception>
    public static ListeningSockets Bind(EndPoint endPoint) => endPoint switch
    {
        IPEndPoint ip => new([Listen(ip)], NameOf(ip.Address)),
        UnixDomainSocketEndPoint unix => new([ListenAtFile(unix)], "localhost"),
        _ => throw new ArgumentException($"{nameof(SocketTransport)}.{nameof(SocketTransport.EndPoint)} is an IPEndPoint or a UnixDomainSocketEndPoint, not {endPoint.GetType().Name}.", nameof(endPoint)),
    };

    /// <summary>An address by which a client on this machine can connect; of a Unix domain socket only what stands in the Host field.</summary>
    public Uri AddressFor(string scheme)
    {
        // A certificate is for a name.
        var name = scheme == Uri.UriSchemeHttps && _name == "127.0.0.1" && Sockets.Count > 1 ? "localhost" : _name;
        return Sockets[0].LocalEndPoint is IPEndPoint ip ? new Uri($"{scheme}://{name}:{ip.Port}/") : new Uri($"{scheme}://{name}/");
    }

    public void Dispose()
    {
        foreach (var socket in Sockets)
        {
            var file = (socket.LocalEndPoint as UnixDomainSocketEndPoint)?.ToString();
            socket.Dispose();
            if (file is not null)
                File.Delete(file);
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
                    catch (IOException e) when (sockets.Count > 0 && e.InnerException is SocketException { SocketErrorCode: SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported })
                    {
                        // A machine whose loopback has no IPv6.
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
        return Listen(socket, endPoint, $"port {endPoint.Port} of {endPoint.Address}");
    }

    private static Socket ListenAtFile(UnixDomainSocketEndPoint endPoint)
    {
        RemoveLeftBehind(endPoint);
        return Listen(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), endPoint, endPoint.ToString());
    }

    private static Socket Listen(Socket socket, EndPoint endPoint, string where)
    {
        try
        {
            socket.Bind(endPoint);
            // As many may wait as the system allows.
            socket.Listen();
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            var advice = e.SocketErrorCode == SocketError.AddressAlreadyInUse ? " Another program, or another server in this one, is using it." : "";
            throw new IOException($"Cannot listen on {where}: {e.Message}.{advice}", e);
        }
    }

    /// <summary>A server that was killed leaves its file behind; nobody answers there any more.</summary>
    private static void RemoveLeftBehind(UnixDomainSocketEndPoint endPoint)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endPoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(endPoint.ToString());
        }
        catch (SocketException)
        {
            // There is no such file, or binding will say what is wrong with it.
        }
    }

    private static string NameOf(IPAddress address)
    {
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            return "127.0.0.1";
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
    }
}
