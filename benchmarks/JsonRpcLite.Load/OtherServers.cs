using System.Diagnostics;

namespace JsonRpcLite.Load;

/// <summary>Servers that are no .NET. They keep the same manners: a line with the port, and one with their usage for each that comes.</summary>
internal static class OtherServers
{
    public const string Jayson = "jayson";

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "jayson");

    /// <summary>The command that starts one; <c>null</c> where it is not there.</summary>
    public static string[]? CommandOf(string name) => name == Jayson && IsInstalled() ? ["node", Path.Combine(Folder, "server.js")] : null;

    private static bool IsInstalled()
    {
        if (Directory.Exists(Path.Combine(Folder, "node_modules", "jayson")))
            return true;
        Console.Error.WriteLine("Installing jayson with npm ...");
        try
        {
            using var npm = Process.Start(new ProcessStartInfo("npm", ["install", "--no-audit", "--no-fund", "--silent"]) { WorkingDirectory = Folder })!;
            if (!npm.WaitForExit(TimeSpan.FromMinutes(2)))
                npm.Kill(entireProcessTree: true);
            return npm.ExitCode == 0;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            Console.Error.WriteLine($"jayson is left out: {e.Message}");
            return false;
        }
    }
}
