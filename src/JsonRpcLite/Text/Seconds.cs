using System.Globalization;

namespace JsonRpcLite;

/// <summary>Formats a duration for messages: in seconds, with a decimal point in any culture.</summary>
internal static class Seconds
{
    public static string Of(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");
}
