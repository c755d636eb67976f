using System.ComponentModel;
using System.Diagnostics;

namespace JsonRpcLite.Load;

/// <summary>Servers and clients of other libraries, in benchmarks/peers.</summary>
/// <remarks>They are installed when they are first needed. If that is not possible, they are left out and the reason is reported.</remarks>
internal static class Peers
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>The name of the program in each peer's folder.</summary>
    private static readonly Dictionary<string, string> Projects = new()
    {
        ["edjcase"] = "EdjCase",
        ["grpc"] = "Grpc",
        ["mcp"] = "Mcp",
        ["refit"] = "Refit",
        ["streamjsonrpc"] = "StreamJsonRpc",
    };

    private static readonly Dictionary<string, bool> Installed = [];

    /// <summary>Whether a peer can be started.</summary>
    public static bool Has(string peer)
    {
        if (!Installed.TryGetValue(peer, out var has))
        {
            has = peer == "jayson"
                ? Install(peer, "node_modules/jayson", "npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error")
                : Install(peer, null, ThisProgram.Dotnet, "build", "-c", "Release", "--verbosity", "quiet", "--nologo", "--disable-build-servers");
            Installed.Add(peer, has);
        }
        return has;
    }

    public static string[] Command(string peer, params string[] args)
    {
        if (peer == "jayson")
            return ["node", Repository.In("benchmarks", "peers", "jayson", "server.js")];
        var program = $"JsonRpcLite.Peers.{Projects[peer]}{(OperatingSystem.IsWindows() ? ".exe" : "")}";
        return [Repository.In("benchmarks", "peers", peer, "bin", "Release", "net10.0", program), .. args];
    }

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
