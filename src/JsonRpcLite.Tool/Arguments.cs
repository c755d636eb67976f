using System.Globalization;

namespace JsonRpcLite.Tool;

/// <summary>The arguments of a command, read by the options that it has.</summary>
internal sealed class Arguments
{
    private static readonly Dictionary<string, string> ShortNames = new() { ["-H"] = "--header", ["-o"] = "--output" };

    private static readonly (string Unit, TimeSpan Length)[] Units =
        [("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)), ("h", TimeSpan.FromHours(1)), ("", TimeSpan.FromSeconds(1))];

    /// <summary>Timers of .NET take little more.</summary>
    private static readonly TimeSpan LongestTime = TimeSpan.FromDays(24);

    private readonly List<(string Name, string Value)> _options = [];

    /// <param name="arguments">What stands behind the command's name.</param>
    /// <param name="flags">Options without a value.</param>
    /// <param name="values">Options with a value, which follows as the next argument or behind an equals sign.</param>
    public Arguments(IReadOnlyList<string> arguments, string[] flags, string[] values)
    {
        var rest = new List<string>();
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument == "--")
            {
                rest.AddRange(arguments.Skip(i + 1));
                break;
            }
            // A dash alone is standard input, and a number may be negative.
            if (argument.Length < 2 || argument[0] != '-' || char.IsAsciiDigit(argument[1]))
            {
                rest.Add(argument);
                continue;
            }
            var equals = argument.StartsWith("--", StringComparison.Ordinal) ? argument.IndexOf('=', StringComparison.Ordinal) : -1;
            var written = equals < 0 ? argument : argument[..equals];
            var name = ShortNames.GetValueOrDefault(written, written);
            if (flags.Contains(name))
                _options.Add((name, equals < 0 ? "" : throw new UsageException($"{written} takes no value.")));
            else if (!values.Contains(name))
                throw new UsageException($"There is no option {written}.");
            else if (equals >= 0)
                _options.Add((name, argument[(equals + 1)..]));
            else if (i + 1 < arguments.Count)
                _options.Add((name, arguments[++i]));
            else
                throw new UsageException($"{written} needs a value.");
        }
        Rest = rest;
    }

    /// <summary>What is not an option, in order.</summary>
    public IReadOnlyList<string> Rest { get; }

    public bool Has(string name) => _options.Any(option => option.Name == name);

    public IEnumerable<string> All(string name) => _options.Where(option => option.Name == name).Select(option => option.Value);

    /// <summary>The value of an option; <c>null</c> where it is not given.</summary>
    /// <exception cref="UsageException">It is given twice.</exception>
    public string? Find(string name) => All(name).Take(2).ToList() switch
    {
        [] => null,
        [var only] => only,
        _ => throw new UsageException($"{name} is given twice."),
    };

    /// <summary>A time such as 5s, 500ms or 2m; without a unit it is seconds.</summary>
    public TimeSpan? FindTime(string name)
    {
        if (Find(name) is not { } text)
            return null;
        var (unit, length) = Units.First(known => text.EndsWith(known.Unit, StringComparison.Ordinal));
        // Checked before it is multiplied, which throws for more than a TimeSpan holds, and for NaN.
        return double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
            && count <= LongestTime / length && count * length is var time && time > TimeSpan.Zero
            ? time
            : throw new UsageException($"{name} must be a time above 0, such as 5s, 500ms or 2m, and at most 24 days; it is '{text}'.");
    }

    /// <summary>A whole number in a range.</summary>
    public int? FindNumber(string name, int least, int most) => Find(name) is { } text ? ReadNumber(name, text, least, most) : null;

    public static int ReadNumber(string name, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new UsageException($"{name} must be a number from {least} to {most}; it is '{text}'.");
}
