using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using JsonRpcLite.Load;

// Measures the cost of calls, in separate processes. On a shared machine, the figure of a single run means little; what counts is the ratio between two entrants that ran
// alternately.
//   dotnet run -c Release --project benchmarks/JsonRpcLite.Load
//   dotnet run -c Release --project benchmarks/JsonRpcLite.Load -- servers --only kestrel,sockets
switch (args)
{
    case ["process", "server", var name, var workload]:
        ServerProcess.Run(name, workload);
        return 0;
    case ["process", "client", var name]:
        await ClientProcess.RunAsync(name);
        return 0;
    case ["process", "pair", var transport]:
        await ClientProcess.RunSubtractAsync(onSockets: transport == "sockets");
        return 0;
    case ["process", "load", var port, var path, var workload, var connections, var rate]:
        LoadProcess.Run(
            int.Parse(port, CultureInfo.InvariantCulture), path, workload, int.Parse(connections, CultureInfo.InvariantCulture), int.Parse(rate, CultureInfo.InvariantCulture));
        return 0;
    case ["process", "batches", var calls, var callTime, var parallelism]:
        BatchProcess.Run(int.Parse(calls, CultureInfo.InvariantCulture), int.Parse(callTime, CultureInfo.InvariantCulture), int.Parse(parallelism, CultureInfo.InvariantCulture));
        return 0;
}

var parts = Part.All.Where(part => args.Contains(part.Name)).ToList();
if (Options.Parse([.. args.Where(argument => Part.All.All(part => part.Name != argument))]) is not { } options)
{
    Console.Error.WriteLine($"""
        [parts] [options]   without a part: all of them

        {string.Join('\n', Part.All.Select(part => $"{part.Name,-16}  {part.What}"))}

        {Options.Help}

        servers: {string.Join(", ", Server.Names)}
        clients: {string.Join(", ", ClientProcess.Clients.Keys)}
        """);
    return 2;
}
if (parts.Count == 0)
    parts = [.. Part.All];

using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
try
{
    if (options.Writes)
        Writer.CheckMarkers(parts);
    var progress = new Progress(parts.Aggregate(TimeSpan.Zero, (sum, part) => sum + part.Expect(options)));
    foreach (var part in parts)
    {
        var section = part.Run(options, progress);
        Console.WriteLine($"## {section.Name}\n{section.Text}");
        if (options.Writes)
            Writer.Write(section);
    }
    progress.Say("Done");
    return 0;
}
catch (Exception e) when (e is IOException or TimeoutException or Win32Exception)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
finally
{
    Running.EndAll();
}

static void End(PosixSignalContext context)
{
    Running.EndAll();
    Environment.Exit(130);
}
