using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace JsonRpcLite;

/// <summary>Reads limits of rates from the configuration: a key for each method, and its calls a second.</summary>
internal static class RateLimitSettings
{
    /// <param name="section">The section that holds them.</param>
    /// <param name="limits">Takes them.</param>
    /// <param name="failures">Takes what is wrong.</param>
    public static void Read(IConfigurationSection section, IDictionary<string, int> limits, List<string> failures)
    {
        if (section.Value is { Length: > 0 } value)
            failures.Add($"{section.Path} holds the names of methods, each with its calls a second, and has no value of its own; it is '{value}'.");
        Read(section, "", limits, failures);
    }

    /// <summary>A colon in the name of a method separates keys for the configuration.</summary>
    private static void Read(IConfiguration group, string before, IDictionary<string, int> limits, List<string> failures)
    {
        foreach (var section in group.GetChildren())
        {
            var method = before + section.Key;
            var hasBelow = section.GetChildren().Any();
            if (hasBelow)
                Read(section, $"{method}:", limits, failures);
            if (hasBelow && section.Value is null)
                continue;
            if (int.TryParse(section.Value?.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var limit) && limit >= 1)
                limits[method] = limit;
            else
                failures.Add($"{section.Path} must be a whole number of calls a second, at least 1; it is {(section.Value is { Length: > 0 } value ? $"'{value}'" : "empty")}.");
        }
    }
}
