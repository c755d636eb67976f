using System.ComponentModel;
using System.Diagnostics;

namespace JsonRpcLite.Load;

/// <summary>Servers and clients of others, in benchmarks/peers: installed when they are first wanted, and left out, with a word of why, where that is not possible.</summary>
internal static class Peers
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    /// <summary>Of each peer's folder: the name of its program.</summary>
    private static readonly Dictionary<string, string> Projects = new()
    {
        ["edjcase"] = "EdjCase",
        ["grpc"] = "Grpc",
        ["mcp"] = "Mcp",
        ["refit"] = "Refit",
        ["streamjsonrpc"] = "StreamJsonRpc",
    };

    private static readonly Dictionary<string, bool> Installed = [];

    /// <summary>Says whether a peer can be started.</summary>
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
