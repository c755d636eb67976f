namespace JsonRpcLite.Generators;

/// <summary>The types of a contract, each once, with their numbers.</summary>
internal sealed class TypeTable
{
    private readonly List<string> _types = [];
    private readonly Dictionary<string, int> _numbers = [];

    public IReadOnlyList<string> Types => _types;

    /// <returns>The number of a type; -1 for the empty text, which means no type.</returns>
    public int NumberOf(string type)
    {
        if (type.Length == 0)
            return -1;
        if (!_numbers.TryGetValue(type, out var number))
        {
            _numbers[type] = number = _types.Count;
            _types.Add(type);
        }
        return number;
    }
}
