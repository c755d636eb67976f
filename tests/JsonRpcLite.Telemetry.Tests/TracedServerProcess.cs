using System.Diagnostics;
using System.Text.Json;
using JsonRpcLite.TracedServer;

namespace JsonRpcLite.Telemetry.Tests;

/// <summary>A server with OpenTelemetry's SDK in its own process; it ends with the test.</summary>
internal sealed class TracedServerProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private TracedServerProcess(Process process, Uri address)
    {
        _process = process;
        Address = address;
    }

    public Uri Address { get; }

    /// <param name="transport">The transport: <c>listener</c> or <c>sockets</c>.</param>
    public static async Task<TracedServerProcess> StartAsync(string transport)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "JsonRpcLite.TracedServer.dll");
        var process =
            Process.Start(new ProcessStartInfo("dotnet", [program, transport]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(Patience);
        var line = await process.StandardOutput.ReadLineAsync(patience.Token) ?? throw new IOException($"The server did not start: {await errors}");
        return new TracedServerProcess(process, new Uri(line));
    }

    /// <summary>Ends the process, and returns the telemetry that it has exported.</summary>
    public async Task<Exported> EndAsync()
    {
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(Patience);
        var line = await _process.StandardOutput.ReadLineAsync(patience.Token) ?? throw new IOException("The server exported nothing.");
        await _process.WaitForExitAsync(patience.Token);
        return JsonSerializer.Deserialize<Exported>(line)!;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
