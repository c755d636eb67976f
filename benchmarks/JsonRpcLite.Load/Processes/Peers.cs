using System.ComponentModel;
using System.Diagnostics;

namespace JsonRpcLite.Load;

/// <summary>Servers of others, in benchmarks/peers: installed when they are first wanted, and left out, with a word of why, where that is not possible.</summary>
internal static class Peers
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>Says whether jayson can be started by Node.</summary>
    public static bool HasJayson { get; } = Install("jayson", "node_modules/jayson", "npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error");

    /// <summary>Says whether EdjCase.JsonRpc.Router is built.</summary>
    public static bool HasEdjCase { get; } = Install("edjcase", null, ThisProgram.Dotnet,
        "build", "-c", "Release", "--verbosity", "quiet", "--nologo", "--disable-build-servers");

    public static string[] Jayson => ["node", Repository.In("benchmarks", "peers", "jayson", "server.js")];

    public static string[] EdjCase =>
        [Repository.In("benchmarks", "peers", "edjcase", "bin", "Release", "net10.0", $"JsonRpcLite.Peers.EdjCase{(OperatingSystem.IsWindows() ? ".exe" : "")}")];

    private static bool Install(string peer, string? present, string program, params string[] arguments)
    {
        var folder = Repository.In("benchmarks", "peers", peer);
        if (present is not null && Directory.Exists(Path.Combine(folder, present)))
            return true;
        Console.Error.WriteLine($"Installing {peer} in benchmarks/peers");
        var start = new ProcessStartInfo(program) { WorkingDirectory = folder, RedirectStandardOutput = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        try
        {
            using var process = Running.Start(start);
            var output = process.StandardOutput.ReadToEndAsync();
            Running.End(process, Patience);
            if (process.HasExited && process.ExitCode == 0)
                return true;
            Console.Error.WriteLine($"{peer} is left out; it could not be installed: {output.Result.Trim()}");
        }
        catch (Win32Exception e)
        {
            Console.Error.WriteLine($"{peer} is left out; {program} cannot be started: {e.Message}");
        }
        return false;
    }
}
