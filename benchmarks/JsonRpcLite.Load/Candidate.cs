using System.Diagnostics;
using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>A process that is measured. It ends with this object, and by itself when this program ends: then its input does.</summary>
internal sealed class Candidate : IDisposable
{
    private readonly Process _process;

    private Candidate(string name, ProcessStartInfo start)
    {
        Name = name;
        _process = Process.Start(start)!;
    }

    public string Name { get; }

    /// <summary>What the process holds in memory now, and the most it ever held, in bytes; 0 where the system does not tell.</summary>
    public (long Now, long Most) Memory => (ReadStatus("VmRSS:"), ReadStatus("VmHWM:"));

    /// <summary><c>null</c> when there is no such server here.</summary>
    public static Candidate? Server(string name, Workload workload)
    {
        if (ServerProcess.Servers.ContainsKey(name))
            return new Candidate(name, Cores.StartOn(Cores.OfTheServer, "process", "server", name, workload.Name));
        return OtherServers.CommandOf(name) is { } command ? new Candidate(name, Cores.StartCommandOn(Cores.OfTheServer, command)) : null;
    }

    public static Candidate Client(string name) => new(name, Cores.StartOn(Cores.OfTheLoad, "process", "client", name));

    public string Ask(string question)
    {
        _process.StandardInput.WriteLine(question);
        return Read();
    }

    public Usage AskUsage() => Usage.Parse(Ask("usage"));

    public int ReadPort() => int.Parse(Read(), CultureInfo.InvariantCulture);

    public string Read() => _process.StandardOutput.ReadLine() ?? throw new IOException($"The process of '{Name}' has ended.");

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(5)))
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private long ReadStatus(string name)
    {
        var file = $"/proc/{_process.Id}/status";
        if (!File.Exists(file))
            return 0;
        var line = File.ReadLines(file).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal)) ?? "";
        return line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is [_, var kibibytes, ..] ? 1024 * long.Parse(kibibytes, CultureInfo.InvariantCulture) : 0;
    }
}
