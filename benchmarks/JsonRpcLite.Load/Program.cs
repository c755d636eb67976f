using JsonRpcLite.Load;

// What a call costs, in processes of their own. A figure of one run means little on a machine that others use; what counts is the ratio between two that took turns.
//   dotnet run -c Release --project benchmarks/JsonRpcLite.Load                        everything, in about a quarter of an hour
//   dotnet run -c Release --project benchmarks/JsonRpcLite.Load -- servers --quick
switch (args)
{
    case ["process", "server", var name, var workload]:
        ServerProcess.Run(name, workload);
        return 0;
    case ["process", "client", var name]:
        await ClientProcess.RunAsync(name);
        return 0;
}

string[] all = ["servers", "clients", "connections", "bodies", "starts"];
var chosen = args.TakeWhile(a => !a.StartsWith("--", StringComparison.Ordinal)).ToArray();
if (chosen.Except(all).Any() || Options.Parse(args[chosen.Length..]) is not { } options)
{
    Console.Error.WriteLine($"""
        [servers] [clients] [connections] [bodies] [starts] [options]   all of them when none is named

        {Options.Help}

        servers: {string.Join(", ", ServerProcess.Meanings.Keys)}
        clients: {string.Join(", ", ClientProcess.Clients.Keys)}
        """);
    return 2;
}

Cores.PinThisProcess(Cores.OfTheLoad);
var report = new Report();
var comparison = new Comparison(options, report);
foreach (var (what, compare) in new (string, Action)[]
{
    ("servers", comparison.OfServers),
    ("connections", comparison.OfConnectionCounts),
    ("bodies", comparison.OfBodySizes),
    ("starts", comparison.OfStarting),
    ("clients", comparison.OfClients),
})
{
    if (chosen.Length == 0 || chosen.Contains(what))
        compare();
}
Console.WriteLine(report.Text);
if (options.Writes)
    Pages.Write(report);
return 0;
