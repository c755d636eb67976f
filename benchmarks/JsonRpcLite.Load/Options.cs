using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>What the command line asks for.</summary>
internal sealed record Options(int Rounds = 5, double Seconds = 1, double WarmUp = 3, int? Connections = null, string[]? Only = null, bool IsQuick = false, bool Writes = false)
{
    public const string Help = """
        --rounds N        how often each takes its turn; 5
        --seconds N       how long each is busy in a round; 1
        --connections N   connections, or calls at once, instead of those of each comparison
        --only a,b        only these, and the first is the measure
        --quick           a look in a few minutes: short rounds, and not the largest of anything
        --write           puts the tables and the chart into benchmarks/ and the README
        """;

    /// <summary><c>null</c> when an argument is not understood.</summary>
    public static Options? Parse(string[] args)
    {
        var options = new Options();
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--quick")
            {
                options = options with { IsQuick = true, Rounds = 3, Seconds = 0.2, WarmUp = 1 };
                continue;
            }
            if (args[i] == "--write")
            {
                options = options with { Writes = true };
                continue;
            }
            if (i + 1 == args.Length)
                return null;
            var (name, value) = (args[i], args[++i]);
            switch (name)
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

    /// <summary>Those of them that were asked for, in the order of asking; all when none was.</summary>
    public string[] Choose(IEnumerable<string> names) => Only is null ? [.. names] : [.. Only.Intersect(names)];
}
