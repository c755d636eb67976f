using System.Diagnostics;

namespace JsonRpcLite.Tests;

/// <summary>A server that a test starts in its own process, whose first line ends with its address. Only this process is ended, with the test.</summary>
internal sealed class ServedProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private ServedProcess(Process process, Uri address, Task<string> errors)
    {
        _process = process;
        Address = address;
        Errors = errors;
    }

    public Uri Address { get; }

    /// <summary>Its stderr output, when it has ended.</summary>
    public Task<string> Errors { get; }

    /// <summary>The number of its open files, including sockets.</summary>
    public int OpenFiles => Directory.GetFileSystemEntries($"/proc/{_process.Id}/fd").Length;

    /// <summary>The memory that it uses, in bytes.</summary>
    public long WorkingSet
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public static async Task<ServedProcess> StartAsync(string program, params string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(Patience);
        var line = await process.StandardOutput.ReadLineAsync(patience.Token) ?? throw new IOException($"The server did not start: {await errors}");
        return new ServedProcess(process, new Uri(line[Math.Max(line.IndexOf("http", StringComparison.Ordinal), 0)..]), errors);
    }

    /// <summary>Ends it with a signal as an operator would, and returns its exit code.</summary>
    public async Task<int> EndAsync()
    {
        using (var kill = Process.Start("sh", ["-c", $"kill -TERM {_process.Id}"]))
            await kill.WaitForExitAsync();
        using var patience = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    /// <summary>Kills it by SIGKILL, like a failing machine.</summary>
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
