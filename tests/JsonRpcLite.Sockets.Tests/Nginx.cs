using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite.Sockets.Tests;

/// <summary>nginx in front of a server, as its package configures it except for the address.</summary>
internal sealed class Nginx : IDisposable
{
    public const string Program = "/usr/sbin/nginx";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();
    private readonly Process _process;

    /// <param name="server">The server that gets the calls.</param>
    /// <param name="settings">More settings for the proxied location.</param>
    /// <param name="cache">The name of a cache that they use; empty for none.</param>
    public Nginx(Uri server, string settings = "", string cache = "")
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Address = new Uri($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/");
        }
        var file = Path.Combine(_folder.FullName, "nginx.conf");
        File.WriteAllText(file, $$"""
            daemon off;
            master_process off;
            pid {{_folder.FullName}}/pid;
            error_log {{_folder.FullName}}/errors;
            events { }
            http {
              access_log off;
              client_body_temp_path {{_folder.FullName}}/body;
              proxy_temp_path {{_folder.FullName}}/proxy;
              fastcgi_temp_path {{_folder.FullName}}/fastcgi;
              uwsgi_temp_path {{_folder.FullName}}/uwsgi;
              scgi_temp_path {{_folder.FullName}}/scgi;
              {{(cache.Length == 0 ? "" : $"proxy_cache_path {_folder.FullName}/cache keys_zone={cache}:1m;")}}
              server {
                listen 127.0.0.1:{{Address.Port}};
                location / {
                  proxy_pass http://127.0.0.1:{{server.Port}};
                  proxy_set_header Host 127.0.0.1:{{server.Port}};
                  {{settings}}
                }
              }
            }
            """);
        _process = Process.Start(new ProcessStartInfo(Program, ["-c", file, "-e", Path.Combine(_folder.FullName, "start")]))!;
        SpinWait.SpinUntil(() => _process.HasExited || IsListening(), TimeSpan.FromSeconds(30)).Should().BeTrue();
        _process.HasExited.Should().BeFalse(File.Exists(Path.Combine(_folder.FullName, "start")) ? File.ReadAllText(Path.Combine(_folder.FullName, "start")) : "");
    }

    public Uri Address { get; }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private bool IsListening()
    {
        try
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            probe.Connect(IPAddress.Loopback, Address.Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

/// <summary>A test with nginx in front. Skipped if it is not installed; .ci/run installs it, and then the test must run.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NginxTheoryAttribute : TheoryAttribute
{
    public NginxTheoryAttribute()
    {
        if (!File.Exists(Nginx.Program))
            Skip = $"nginx is missing. To run this test: apt-get install nginx-light (or any nginx at {Nginx.Program})";
    }
}
