using System.Globalization;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Reads the wait that a server requests: <c>Retry-After</c> (RFC 9110 10.2.3), or <c>retryAfterMs</c> in an error's data.</summary>
internal static class AskedWait
{
    /// <summary>The date formats of HTTP (RFC 9110 5.6.7): the current one, and two obsolete ones.</summary>
    private static readonly string[] Dates = ["r", "dddd, dd-MMM-yy HH:mm:ss 'GMT'", "ddd MMM d HH:mm:ss yyyy"];

    /// <summary>Returns the wait that the header field requests; <c>null</c> where it is missing or malformed.</summary>
    /// <param name="value">The value of the header field: a number of seconds, or a date.</param>
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

    /// <summary>Returns the wait that an error's data requests; <c>null</c> where it requests none.</summary>
    public static TimeSpan? OfData(JsonNode? errorData) =>
        errorData is JsonObject data && data["retryAfterMs"] is JsonValue value && value.TryGetValue(out double milliseconds) && milliseconds >= 0
            ? TimeSpan.FromMilliseconds(Math.Min(milliseconds, int.MaxValue))
            : null;
}
