using System.Globalization;

namespace JsonRpcLite;

/// <summary>A duration as every message writes it: in seconds, with a decimal point in any culture.</summary>
internal static class Seconds
{
    public static string Of(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");
}
