using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using FluentAssertions;

namespace JsonRpcLite.Tests;

/// <summary>HAProxy in front of some servers: it checks each of them five times a second, and removes it after two failures.</summary>
internal sealed class Balancer : IDisposable
{
    public const string Program = "/usr/sbin/haproxy";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();
    private readonly Process _process;

    /// <param name="servers">The servers that get the calls.</param>
    /// <param name="frontend">More settings of the frontend.</param>
    public Balancer(IEnumerable<Uri> servers, string frontend = "")
    {
        Address = new Uri($"http://127.0.0.1:{FreePort()}/");
        var configuration = new StringBuilder($"""
            global
              stats socket {StatusFile}
            defaults
              mode http
              retries 0
              option http-no-delay
              timeout connect 5s
              timeout client 60s
              timeout server 60s
            frontend calls
              bind 127.0.0.1:{Address.Port}
            {frontend}
              default_backend servers
            backend servers
              option httpchk GET /health/ready
              http-check expect status 200
              default-server inter 200ms fall 2 rise 1

            """);
        foreach (var (server, i) in servers.Select((server, i) => (server, i)))
            configuration.Append(CultureInfo.InvariantCulture, $"  server server{i} 127.0.0.1:{server.Port} check\n");
        var file = Path.Combine(_folder.FullName, "haproxy.cfg");
        File.WriteAllText(file, configuration.ToString());
        _process = Process.Start(new ProcessStartInfo(Program, ["-db", "-f", file]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
    }

    public Uri Address { get; }

    private string StatusFile => Path.Combine(_folder.FullName, "status");

    /// <summary>Waits until HAProxy has noticed that the server is up.</summary>
    public void WaitForServer(int index) =>
        SpinWait.SpinUntil(() => Status().Contains($"servers,server{index},", StringComparison.Ordinal)
            && Status().Split('\n').Single(l => l.StartsWith($"servers,server{index},", StringComparison.Ordinal)).Split(',')[17] == "UP", TimeSpan.FromSeconds(60))
            .Should().BeTrue($"server {index} is up again: {Status()}");

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private string Status()
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(StatusFile));
            socket.Send("show stat\n"u8);
            using var reader = new StreamReader(new NetworkStream(socket));
            return reader.ReadToEnd();
        }
        catch (SocketException)
        {
            // It does not listen yet.
            return "";
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
