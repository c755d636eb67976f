using System.Runtime.InteropServices;

namespace JsonRpcLite.Tool;

/// <summary>Turns what goes wrong into one line of standard error and an exit code.</summary>
internal static class Failures
{
    /// <param name="name">The command, such as <c>jsonrpc call</c>.</param>
    /// <param name="run">Runs it, and returns its exit code.</param>
    /// <param name="cancellationToken">Cancelled by Ctrl+C.</param>
    public static async Task<int> ReportAsync(string name, Func<Task<int>> run, CancellationToken cancellationToken)
    {
        try
        {
            try
            {
                return await run().ConfigureAwait(false);
            }
            catch (Exception e) when (!IsBrokenPipe(e))
            {
                return Report(name, e, cancellationToken);
            }
        }
        catch (Exception e) when (IsBrokenPipe(e))
        {
            return ExitCodes.BrokenPipe;
        }
        // Standard error cannot be written to either.
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ExitCodes.Unexpected;
        }
    }

    private static int Report(string name, Exception failure, CancellationToken cancellationToken)
    {
        switch (failure)
        {
            case UsageException:
                Terminal.WriteError($"{name}:", $"{Terminal.Shown(failure.Message)} See {name} --help.");
                return ExitCodes.Usage;
            case JsonRpcException error:
                Terminal.WriteError($"Error {error.Code}:", Terminal.Shown(error.Message));
                if (error.ErrorData is { } data)
                    Terminal.Error.WriteLine($"data: {Terminal.ErrorTextOf(data)}");
                return ExitCodes.Refused;
            case OperationCanceledException when cancellationToken.IsCancellationRequested:
                Terminal.WriteProgress("");
                return ExitCodes.Interrupted;
            case HttpRequestException or OperationCanceledException or UnansweredException:
                Terminal.WriteError("No answer:", Terminal.Shown(failure.Message));
                return ExitCodes.NoAnswer;
            case IOException or UnauthorizedAccessException:
                Terminal.WriteError($"{name}:", Terminal.Shown($"The output cannot be written: {Sentence.Of(failure.Message)}"));
                return ExitCodes.Unexpected;
            default:
                Terminal.WriteError($"{name}:", Terminal.Shown($"Unexpected {failure.GetType().Name}: {Sentence.Of(failure.Message)}"));
                return ExitCodes.Unexpected;
        }
    }

    /// <summary>Whether the program that reads the output has ended: EPIPE, or ERROR_BROKEN_PIPE and ERROR_NO_DATA on Windows.</summary>
    private static bool IsBrokenPipe(Exception failure) => failure is IOException
        && (OperatingSystem.IsWindows() ? (failure.HResult & 0xFFFF) is 109 or 232 : failure.HResult == 32);
}
