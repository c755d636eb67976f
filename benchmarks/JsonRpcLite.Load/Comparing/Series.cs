using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>A series of figures, one for each round.</summary>
internal sealed class Series
{
    private readonly List<double> _values = [];

    /// <summary>The median; not a number if the series is empty.</summary>
    public double Median
    {
        get
        {
            var sorted = _values.Order().ToArray();
            return sorted.Length == 0 ? double.NaN : (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
        }
    }

    public void Add(double value) => _values.Add(value);

    public void Clear() => _values.Clear();

    /// <summary>The lowest and the highest.</summary>
    public string Spread(string format) => _values.Count == 0 ? "-" : $"{Format(_values.Min(), format)} to {Format(_values.Max(), format)}";

    /// <summary>Formats a value for a table; not a number becomes a dash.</summary>
    public static string Format(double value, string format) => double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "-";
}
