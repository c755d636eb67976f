using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace JsonRpcLite;

/// <summary>Reads rate limits from the configuration: a key for each method, with its calls per second or another rate.</summary>
internal static class RateLimitSettings
{
    /// <param name="section">The section that holds the limits.</param>
    /// <param name="limits">Receives the limits.</param>
    /// <param name="failures">Receives the errors.</param>
    public static void Read(IConfigurationSection section, IDictionary<string, JsonRpcRate> limits, List<string> failures)
    {
        if (section.Value is { Length: > 0 } value)
            failures.Add($"{section.Path} must hold the names of methods, each with its calls per second, and no value itself; it is '{value}'.");
        Read(section, "", limits, failures);
    }

    /// <summary>Reads a group of keys: a colon in the name of a method separates keys in the configuration.</summary>
    private static void Read(IConfiguration group, string before, IDictionary<string, JsonRpcRate> limits, List<string> failures)
    {
        foreach (var section in group.GetChildren())
        {
            var method = before + section.Key;
            var hasBelow = section.GetChildren().Any();
            if (hasBelow)
                Read(section, $"{method}:", limits, failures);
            if (hasBelow && section.Value is null)
                continue;
            if (FindFault(section.Value ?? "", out var limit) is { } fault)
                failures.Add($"{section.Path} {fault}; it is {(section.Value is { Length: > 0 } value ? $"'{value}'" : "empty")}.");
            else
                limits[method] = limit;
        }
    }

    /// <summary>Reads a number of calls per second, or a number with a unit of time after a slash.</summary>
    /// <returns>The required form of the text; <c>null</c> if it is a rate.</returns>
    private static string? FindFault(string text, out JsonRpcRate rate)
    {
        rate = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var unit = (slash < 0 ? "s" : text[(slash + 1)..].Trim()) switch
        {
            "s" => TimeSpan.FromSeconds(1),
            "min" => TimeSpan.FromMinutes(1),
            "h" => TimeSpan.FromHours(1),
            _ => TimeSpan.Zero,
        };
        var number = (slash < 0 ? text : text[..slash]).Trim();
        if (unit == TimeSpan.Zero || !decimal.TryParse(number, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var calls))
            return "must be a number of calls per second, or a rate such as 10/s, 5/min or 100/h";
        // A bucket holds whole calls: 2.5 calls a second become two calls that refill in 0.8 s, and 0.5 become one that refills in 2 s.
        var whole = Math.Max(1, Math.Floor(calls));
        if (whole > int.MaxValue)
            return "must be at most 2147483647/s";
        // In this order: neither side can overflow.
        if (calls <= 0 || calls * TimeSpan.TicksPerHour < unit.Ticks * whole)
            return "must be at least 1/h";
        rate = new((int)whole, TimeSpan.FromTicks((long)(unit.Ticks * whole / calls)));
        return rate.FindFault() is null ? null : "must be at most 1000000 for a minute or an hour";
    }
}
