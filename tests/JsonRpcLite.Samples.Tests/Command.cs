using System.Collections.Concurrent;
using System.Diagnostics;

namespace JsonRpcLite.Samples.Tests;

/// <summary>A program that a test started, with its output. Only this process is ended, with the test.</summary>
internal sealed class Command : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly BlockingCollection<string> _lines = [];
    private readonly Task<string> _errors;

    private Command(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync();
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is not null)
                _lines.Add(line.Data);
            else
                _lines.CompleteAdding();
        };
        _process.BeginOutputReadLine();
    }

    public static Command Start(string program, params string[] arguments) => new(program, arguments);

    /// <summary>Starts a sample that was built with this test.</summary>
    public static Command StartSample(string sample, params string[] arguments) => Start("dotnet", [PathOfSample(sample), .. arguments]);

    public static async Task<Result> RunAsync(string program, params string[] arguments)
    {
        using var command = Start(program, arguments);
        return await command.EndAsync();
    }

    public static async Task<Result> RunSampleAsync(string sample, params string[] arguments)
    {
        using var command = StartSample(sample, arguments);
        return await command.EndAsync();
    }

    /// <summary>Waits for a line that contains the text, and returns it.</summary>
    public string WaitForLine(string text)
    {
        var seen = new List<string>();
        while (_lines.TryTake(out var line, Patience))
        {
            if (line.Contains(text, StringComparison.Ordinal))
                return line;
            seen.Add(line);
        }
        throw new TimeoutException($"No line with '{text}'. Seen:\n{string.Join('\n', seen)}\n{(_errors.IsCompleted ? _errors.Result : "")}");
    }

    public void Signal(string name)
    {
        using var kill = Process.Start("sh", ["-c", $"kill -{name} {_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Waits for the end; the output is what <see cref="WaitForLine"/> has not returned.</summary>
    public async Task<Result> EndAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(patience.Token);
        return new Result(_process.ExitCode, string.Join('\n', _lines.GetConsumingEnumerable(patience.Token)), await _errors);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
        _lines.Dispose();
    }

    /// <param name="sample">Its folder, which names its program, too.</param>
    /// <param name="program">Another name of its program.</param>
    public static string PathOfSample(string sample, string? program = null)
    {
        // The sample was built like this test: with the same configuration and framework.
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(Repository.Root, "samples", sample, "bin", output.Parent!.Name, output.Name, $"{program ?? sample}.dll");
    }
}

internal sealed record Result(int ExitCode, string Output, string Errors);
