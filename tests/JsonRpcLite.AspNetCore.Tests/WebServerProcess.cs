using System.Diagnostics;

namespace JsonRpcLite.AspNetCore.Tests;

/// <summary>An application with MapJsonRpc as a process of its own; it ends with the test.</summary>
internal sealed class WebServerProcess : IDisposable
{
    private readonly Process _process;

    private WebServerProcess(Process process, Uri address)
    {
        _process = process;
        Address = address;
    }

    public Uri Address { get; }

    public static async Task<WebServerProcess> StartAsync(int port = 0)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var server = Path.Combine(AppContext.BaseDirectory, "../../../../JsonRpcLite.WebServer/bin", output.Parent!.Name, output.Name, "JsonRpcLite.WebServer.dll");
        var process = Process.Start(new ProcessStartInfo("dotnet", [server, $"port={port}", "drain-delay=3"]) { RedirectStandardOutput = true })!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var line = await process.StandardOutput.ReadLineAsync(patience.Token) ?? throw new IOException("The server did not start.");
        return new WebServerProcess(process, new Uri(line));
    }

    /// <summary>Ends it as an operator would, and returns its exit code.</summary>
    public async Task<int> EndAsync()
    {
        using (var kill = Process.Start("sh", ["-c", $"kill -TERM {_process.Id}"]))
            await kill.WaitForExitAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    /// <summary>Ends it as a machine that fails does, by SIGKILL.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
