using System.Globalization;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>How long a server asks to wait: <c>Retry-After</c> (RFC 9110 10.2.3), or <c>retryAfterMs</c> in the data of an error.</summary>
internal static class AskedWait
{
    /// <summary>What a date may look like (RFC 9110 5.6.7): today's form, and the two that are obsolete.</summary>
    private static readonly string[] Dates = ["r", "dddd, dd-MMM-yy HH:mm:ss 'GMT'", "ddd MMM d HH:mm:ss yyyy"];

    /// <summary>The wait that the field asks for; <c>null</c> where it asks for none, or for nothing that can be understood.</summary>
    /// <param name="value">The value of the field: a number of seconds, or a date.</param>
    /// <param name="now">The time of day.</param>
    public static TimeSpan? OfField(string? value, DateTimeOffset now)
    {
        if (value is null)
            return null;
        var text = value.Trim();
        if (text.Length > 0 && text.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0)
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue;
        if (!DateTimeOffset.TryParseExact(text, Dates, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowInnerWhite, out var date))
            return null;
        return date > now ? date - now : TimeSpan.Zero;
    }

    /// <summary>The wait that an error's data asks for; <c>null</c> where it asks for none.</summary>
    public static TimeSpan? OfData(JsonNode? errorData) =>
        errorData is JsonObject data && data["retryAfterMs"] is JsonValue value && value.TryGetValue(out double milliseconds) && milliseconds >= 0
            ? TimeSpan.FromMilliseconds(Math.Min(milliseconds, int.MaxValue))
            : null;
}
