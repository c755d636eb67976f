using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>The options of the command line.</summary>
internal sealed record Options
{
    public const string Help = """
        --rounds N        how often each entrant runs; 5
        --seconds N       how long each is busy in a round; 0.6
        --connections N   this many connections, or concurrent calls, instead of the usual numbers
        --only a,b        only these servers or clients, and the first is the measure
        --quick           short rounds, to check that it works: rounds of 3 times 0.2 s
        --write           put the tables into benchmarks/README.md and docs/performance.md, and draw the chart
        """;

    private string[]? _only;

    public int Rounds { get; private set; } = 5;

    public double Seconds { get; private set; } = 0.6;

    /// <summary>The warm-up time, long enough for hot code to be fully optimized.</summary>
    public TimeSpan WarmUp { get; private set; } = TimeSpan.FromSeconds(3);

    /// <summary>The time for which a server on one core is saturated before it is measured.</summary>
    /// <remarks>There is no pause before the measurement, because the runtime would fully optimize hot code in it.</remarks>
    public TimeSpan Saturation { get; private set; } = TimeSpan.FromSeconds(5);

    public int? Connections { get; private set; }

    public bool Writes { get; private set; }

    /// <summary>Parses the arguments; <c>null</c> if one of them is unknown.</summary>
    public static Options? Parse(string[] args)
    {
        var options = new Options();
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--quick":
                    (options.Rounds, options.Seconds, options.WarmUp, options.Saturation) = (3, 0.2, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1));
                    continue;
                case "--write":
                    options.Writes = true;
                    continue;
            }
            if (i + 1 == args.Length)
                return null;
            var value = args[i + 1];
            switch (args[i])
            {
                case "--rounds" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) && rounds > 0:
                    options.Rounds = rounds;
                    break;
                case "--seconds" when double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds > 0:
                    options.Seconds = seconds;
                    break;
                case "--connections" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var connections) && connections > 0:
                    options.Connections = connections;
                    break;
                case "--only" when value.Split(',') is var only && only.All(name => Server.Names.Contains(name) || ClientProcess.Clients.ContainsKey(name)):
                    options._only = only;
                    break;
                default:
                    return null;
            }
            i++;
        }
        return options;
    }

    /// <summary>Whether servers or clients are named.</summary>
    public bool Chooses => _only is not null;

    public bool Wants(string name) => _only?.Contains(name) ?? true;

    /// <summary>Selects the requested names, in the order in which they are named.</summary>
    public List<T> Choose<T>(IEnumerable<T> all, Func<T, string> nameOf) =>
        _only is null ? [.. all] : [.. _only.SelectMany(name => all.Where(one => nameOf(one) == name))];
}
