using System.Diagnostics;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Tool.Tests;

/// <summary>The command jsonrpc, started as a user starts it. Only this process is ended, with the test.</summary>
internal sealed class ToolProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _errors;

    private ToolProcess(ProcessStartInfo start, string? input)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync();
        _process.StandardInput.Write(input);
        _process.StandardInput.Close();
    }

    /// <summary>The program, built like this test: with the same configuration.</summary>
    public static string Path
    {
        get
        {
            var output = new DirectoryInfo(AppContext.BaseDirectory);
            return System.IO.Path.Combine(Equipment.Root, "src/JsonRpcLite.Tool/bin", output.Parent!.Name, output.Name, "JsonRpcLite.Tool.dll");
        }
    }

    public static ToolProcess Start(params string[] arguments) => new(new ProcessStartInfo("dotnet", [Path, .. arguments]), input: null);

    public static Task<Result> RunAsync(params string[] arguments) => RunWithInputAsync(null, arguments);

    public static async Task<Result> RunWithInputAsync(string? input, params string[] arguments)
    {
        using var tool = new ToolProcess(new ProcessStartInfo("dotnet", [Path, .. arguments]), input);
        return await tool.EndAsync();
    }

    /// <summary>Runs a shell line in which <c>jsonrpc</c> is the command.</summary>
    public static async Task<Result> RunShellAsync(string line)
    {
        using var shell = new ToolProcess(new ProcessStartInfo("bash", ["-c", $"jsonrpc() {{ dotnet '{Path}' \"$@\"; }}; {line}"]), input: null);
        return await shell.EndAsync();
    }

    /// <summary>Runs the command on its own terminal, which gets standard output and standard error.</summary>
    public static Task<string> RunOnTerminalAsync(string arguments, params (string Name, string Value)[] environment) =>
        RunOnTerminalAsync(arguments, columns: 80, environment);

    public static async Task<string> RunOnTerminalAsync(string arguments, int columns, params (string Name, string Value)[] environment)
    {
        // The argument of -c is a shell line; the terminal ends lines with CR LF.
        var start = new ProcessStartInfo("script", ["-qec", $"stty cols {columns}; dotnet '{Path}' {arguments}", "/dev/null"]);
        start.Environment.Remove("NO_COLOR");
        start.Environment["TERM"] = "xterm";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var tool = new ToolProcess(start, input: null);
        return (await tool.EndAsync()).Output.Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    public async Task<string> ReadLineAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        return await _process.StandardOutput.ReadLineAsync(patience.Token) ?? throw new IOException($"The output has ended: {await _errors}");
    }

    public void Signal(string name)
    {
        using var kill = Process.Start("sh", ["-c", $"kill -{name} {_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Waits for the end; the output is what <see cref="ReadLineAsync"/> has not returned.</summary>
    public async Task<Result> EndAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        var output = await _process.StandardOutput.ReadToEndAsync(patience.Token);
        await _process.WaitForExitAsync(patience.Token);
        return new Result(_process.ExitCode, output, await _errors);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}

internal sealed record Result(int ExitCode, string Output, string Errors);
