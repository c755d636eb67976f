namespace JsonRpcLite.Tool;

/// <summary>How the program ends, for scripts. The README of the package lists them.</summary>
internal static class ExitCodes
{
    public const int Success = 0;

    /// <summary>The server answered with an error.</summary>
    public const int Refused = 1;

    /// <summary>The command line is wrong, and nothing was sent.</summary>
    public const int Usage = 2;

    /// <summary>The server did not answer, or not properly; or the port is in use.</summary>
    public const int NoAnswer = 3;

    /// <summary>The output cannot be written, or an unexpected exception: EX_SOFTWARE of sysexits.h.</summary>
    public const int Unexpected = 70;

    /// <summary>Ctrl+C, by the convention of shells: 128 and the number of SIGINT.</summary>
    public const int Interrupted = 130;

    /// <summary>What reads the output has ended: 128 and the number of SIGPIPE.</summary>
    public const int BrokenPipe = 141;
}
