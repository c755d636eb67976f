using System.Globalization;

namespace JsonRpcLite;

/// <summary>Gives out names for code, each once. A document may want the same name any number of times.</summary>
/// <param name="taken">Names that are not given out.</param>
internal sealed class FreeNames(params IEnumerable<string> taken)
{
    private readonly HashSet<string> _taken = new(taken, StringComparer.Ordinal);

    /// <summary>The last number behind a name, so that the search does not begin anew for each of many equal names.</summary>
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

    /// <summary>The first name that is free: the name itself, or with a number behind it. It is taken from then on.</summary>
    public string Take(string name)
    {
        if (_taken.Add(name))
            return name;
        var number = _numbers.GetValueOrDefault(name, 1);
        string free;
        do
            free = string.Create(CultureInfo.InvariantCulture, $"{name}{++number}");
        while (!_taken.Add(free));
        _numbers[name] = number;
        return free;
    }
}
