using System.Globalization;
using JsonRpcLite.Load;

// What a call costs, in processes of their own. A figure of one run means little on a machine that others use; what counts is the ratio between two that took turns.
//   dotnet run -c Release --project benchmarks/JsonRpcLite.Load -- servers
//   dotnet run -c Release --project benchmarks/JsonRpcLite.Load -- clients --rounds 5
switch (args)
{
    case ["process", "server", var name]:
        ServerProcess.Run(name);
        return 0;
    case ["process", "client", var name]:
        await ClientProcess.RunAsync(name);
        return 0;
    case ["servers" or "clients", ..] when Options.Parse(args[1..]) is { } options:
        Cores.PinThisProcess(Cores.OfTheLoad);
        if (args[0] == "servers")
            Comparison.OfServers(options);
        else
            Comparison.OfClients(options);
        return 0;
    default:
        Console.Error.WriteLine($"""
            servers [options]   CPU and bytes that a call costs each server process: {string.Join(", ", ServerProcess.Servers.Keys)}
            clients [options]   the same for each client process: {string.Join(", ", ClientProcess.Clients.Keys)}

            --rounds N        how often each takes its turn; 9
            --seconds N       how long each is busy in a round; 2
            --connections N   connections, or calls at once; 64 (clients: 1 and 64)
            --only a,b        only these, and the first is the measure
            """);
        return 2;
}

/// <summary>What the command line asks for.</summary>
internal sealed record Options(int Rounds = 9, double Seconds = 2, int? Connections = null, string[]? Only = null)
{
    /// <summary><c>null</c> when an argument is not understood.</summary>
    public static Options? Parse(string[] args)
    {
        var options = new Options();
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length)
                return null;
            var value = args[i + 1];
            switch (args[i])
            {
                case "--rounds" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) && rounds > 0:
                    options = options with { Rounds = rounds };
                    break;
                case "--seconds" when double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds > 0:
                    options = options with { Seconds = seconds };
                    break;
                case "--connections" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var connections) && connections > 0:
                    options = options with { Connections = connections };
                    break;
                case "--only":
                    options = options with { Only = value.Split(',') };
                    break;
                default:
                    return null;
            }
        }
        return options;
    }

    public string[] Choose(IEnumerable<string> names) => Only ?? [.. names];
}
