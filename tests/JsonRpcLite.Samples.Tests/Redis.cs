using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite.Samples.Tests;

/// <summary>A test's own Redis, without a data file.</summary>
internal sealed class Redis : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();
    private readonly Process _process;

    private Redis(int port)
    {
        Address = $"127.0.0.1:{port}";
        string[] arguments = ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", _folder.FullName];
        _process = Process.Start(new ProcessStartInfo("redis-server", arguments) { RedirectStandardOutput = true })!;
    }

    public string Address { get; }

    /// <summary>Starts it, and waits until it accepts connections. If another process has taken the free port meanwhile, another port is tried.</summary>
    public static async Task<Redis> StartAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            var redis = new Redis(FreePort());
            while (await redis._process.StandardOutput.ReadLineAsync() is { } line)
            {
                if (line.Contains("Ready to accept connections", StringComparison.Ordinal))
                {
                    // The rest is not needed, and must not fill the pipe.
                    _ = redis._process.StandardOutput.ReadToEndAsync();
                    return redis;
                }
            }
            redis.Dispose();
            if (attempt == 3)
                throw new IOException("redis-server ended before it was ready.");
        }
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}

/// <summary>A test that needs the Debian package redis-server.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RedisFactAttribute : FactAttribute
{
    public RedisFactAttribute(bool needsBalancer = false)
    {
        if (!File.Exists("/usr/bin/redis-server"))
            Skip = "redis-server is missing. To run this test: apt-get install redis-server";
        else if (needsBalancer && !File.Exists(JsonRpcLite.Tests.Balancer.Program))
            Skip = "HAProxy is missing. To run this test: apt-get install haproxy";
    }
}
