using System.Diagnostics;
using System.Globalization;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Sockets.Tests;

/// <summary>The test server as a process of its own; it ends with the test.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process, Uri address, Task<string> errors)
    {
        _process = process;
        Address = address;
        Errors = errors;
    }

    public Uri Address { get; }

    /// <summary>What it wrote to stderr, when it has ended.</summary>
    public Task<string> Errors { get; }

    /// <summary>How many files, sockets among them, it has open.</summary>
    public int OpenFiles => Directory.GetFileSystemEntries($"/proc/{_process.Id}/fd").Length;

    /// <summary>The memory that it holds, in bytes.</summary>
    public long WorkingSet
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <param name="maxConnections">The transport's limit.</param>
    /// <param name="maxOpenFiles">The most file descriptors that the system gives it; 0 leaves that as it is.</param>
    /// <param name="port">The port; 0 is any that is free.</param>
    /// <param name="drainDelaySeconds">How long it serves on when it is told to end.</param>
    /// <param name="eventLoops">As <see cref="SocketTransport.EventLoops"/>; <c>null</c> is the default.</param>
    /// <param name="poolThreads">The most threads that the thread pool may have; 0 leaves that as it is.</param>
    public static async Task<ServerProcess> StartAsync(
        int maxConnections = 1024, int maxOpenFiles = 0, int port = 0, int drainDelaySeconds = 0, int? eventLoops = null, int poolThreads = 0)
    {
        var server = Path.Combine(AppContext.BaseDirectory, "JsonRpcLite.TestServer.dll");
        var limit = maxOpenFiles == 0 ? "" : $"ulimit -n {maxOpenFiles}; ";
        var arguments = $"max-connections={maxConnections} port={port} drain-delay={drainDelaySeconds}";
        if (eventLoops is not null)
            arguments += $" event-loops={eventLoops}";
        if (poolThreads > 0)
            arguments += $" pool-threads={poolThreads}";
        var start = new ProcessStartInfo("sh", ["-c", $"{limit}exec dotnet '{server}' {arguments}"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var line = await process.StandardOutput.ReadLineAsync(patience.Token) ?? throw new IOException($"The server did not start: {await errors}");
        return new ServerProcess(process, new Uri(line), errors);
    }

    public async Task ShouldServeAsync() => (await RawConnection.ExchangeAsync(Address.Port, RawRequest.Post("7"))).Text.Should().Be("{\"echo\":7}");

    public async Task<long> CollectAsync() =>
        long.Parse((await RawConnection.ExchangeAsync(Address.Port, RawRequest.Post("{\"collect\":true}"))).Text, CultureInfo.InvariantCulture);

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
