using System.Globalization;

namespace JsonRpcLite;

/// <summary>Assigns unique names in code, since a document may contain the same name any number of times.</summary>
/// <param name="taken">Names that are not assigned.</param>
internal sealed class FreeNames(params IEnumerable<string> taken)
{
    private readonly HashSet<string> _taken = new(taken, StringComparer.Ordinal);

    /// <summary>The last number after each name, so that the search does not begin at 1 for each of many equal names.</summary>
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

    /// <summary>Returns the first free name and takes it: the name itself, or the name with a number after it.</summary>
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
