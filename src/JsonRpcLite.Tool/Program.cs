using System.Reflection;
using System.Runtime.InteropServices;

namespace JsonRpcLite.Tool;

/// <summary>The command <c>jsonrpc</c>.</summary>
internal static class Program
{
    private static readonly Command[] Commands = [CallCommand.Command, ListCommand.Command, ServeCommand.Command, GenCommand.Command, BenchCommand.Command];

    public static async Task<int> Main(string[] arguments)
    {
        using var interrupted = new CancellationTokenSource();
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            // A second Ctrl+C ends the process at once.
            context.Cancel = !interrupted.IsCancellationRequested;
            interrupted.Cancel();
        });
        return await Failures.ReportAsync(
            arguments is [var first, ..] ? $"jsonrpc {first}" : "jsonrpc",
            () => RunAsync(arguments, interrupted.Token), interrupted.Token).ConfigureAwait(false);
    }

    private static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        switch (arguments)
        {
            case [] or ["--help" or "-h" or "help"]:
                await Terminal.Out.WriteAsync(Help()).ConfigureAwait(false);
                return arguments.Length == 0 ? ExitCodes.Usage : ExitCodes.Success;
            case ["--version"]:
                await Terminal.Out.WriteLineAsync(Version).ConfigureAwait(false);
                return ExitCodes.Success;
        }
        var (name, rest) = arguments is ["help", var asked, ..] ? (asked, ["--help"]) : (arguments[0], arguments[1..]);
        if (Array.Find(Commands, command => command.Name == name) is not { } command)
        {
            Terminal.WriteError("jsonrpc:", $"There is no command '{name}'. See jsonrpc --help.");
            return ExitCodes.Usage;
        }
        if (rest.TakeWhile(argument => argument != "--").Any(argument => argument is "--help" or "-h"))
        {
            await Terminal.Out.WriteAsync(command.Help).ConfigureAwait(false);
            return ExitCodes.Success;
        }
        return await command.RunAsync(rest, cancellationToken).ConfigureAwait(false);
    }

    private static string Help()
    {
        var width = Commands.Max(command => command.Name.Length);
        return $"""
            jsonrpc {Version}: call, list, mock and measure JSON-RPC servers, and write clients for them.

            {string.Join("\n", Commands.Select(command => $"  jsonrpc {command.Name.PadRight(width)}  {command.Summary}"))}

            Try it in two shells:
              jsonrpc serve 12345
              jsonrpc call 12345 echo '[1,2]'

            jsonrpc COMMAND --help explains a command by examples.
            A SERVER is http://localhost:12345/rpc, or 12345 for a port of this machine, or unix:/run/app.sock.
            Exit codes: 0 success, 1 the server answered with an error, 2 wrong usage, 3 no proper answer, 130 Ctrl+C.

            """;
    }

    private static string Version => typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
