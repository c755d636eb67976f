using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;

namespace JsonRpcLite;

/// <summary>A setting of the configuration.</summary>
/// <remarks>The table is written by hand, because a binder by reflection does not survive trimming, and reports neither the wrong key nor the allowed values.</remarks>
/// <param name="Path">The path below the server's section.</param>
/// <param name="Form">The required form of the value, for messages.</param>
/// <param name="TrySet">Sets the value; <c>false</c> if the value does not have the form. The property throws if the value is out of range.</param>
internal sealed record HostSetting(string Path, string Form, Func<JsonRpcHostOptions, IConfigurationSection, bool> TrySet)
{
    /// <summary>All settings by path, ignoring case.</summary>
    public static readonly FrozenDictionary<string, HostSetting> All = new[]
    {
        Number("Port", static (options, value) => options.Port = value),
        Kind("Transport", static (options, value) => options.Transport = value),
        Text("UnixSocket", static (options, value) => options.UnixSocket = value),

        Text("Server:HostName", static (options, value) => options.Server.HostName = value!),
        List("Server:AllowedHosts", static (options, value) => options.Server.AllowedHosts = value),
        List("Server:AllowedOrigins", static (options, value) => options.Server.AllowedOrigins = value),
        Networks("Server:TrustedProxies", static (options, value) => options.Server.TrustedProxies = value),
        Text("Server:ForwardedForHeader", static (options, value) => options.Server.ForwardedForHeader = value!),
        Text("Server:AuthenticationChallenge", static (options, value) => options.Server.AuthenticationChallenge = value!),
        Time("Server:DrainDelay", static (options, value) => options.Server.DrainDelay = value),
        Time("Server:DrainTimeout", static (options, value) => options.Server.DrainTimeout = value),
        Flag("Server:DetailedErrors", static (options, value) => options.Server.DetailedErrors = value),
        Flag("Server:AcceptBaggage", static (options, value) => options.Server.AcceptBaggage = value),

        Number("Server:Limits:MaxRequestBodySize", static (options, value) => options.Server.Limits.MaxRequestBodySize = value),
        Number("Server:Limits:MaxResponseBodySize", static (options, value) => options.Server.Limits.MaxResponseBodySize = value),
        Number("Server:Limits:MaxRequestTargetSize", static (options, value) => options.Server.Limits.MaxRequestTargetSize = value),
        Number("Server:Limits:MaxRequestHeadSize", static (options, value) => options.Server.Limits.MaxRequestHeadSize = value),
        Number("Server:Limits:MaxRequestHeaderCount", static (options, value) => options.Server.Limits.MaxRequestHeaderCount = value),
        Number("Server:Limits:MaxConcurrentExchanges", static (options, value) => options.Server.Limits.MaxConcurrentExchanges = value),
        Number("Server:Limits:MaxConcurrentCalls", static (options, value) => options.Server.Limits.MaxConcurrentCalls = value),
        Number("Server:Limits:MaxConcurrentStreams", static (options, value) => options.Server.Limits.MaxConcurrentStreams = value),
        BigNumber("Server:Limits:MaxRequestBodyMemory", static (options, value) => options.Server.Limits.MaxRequestBodyMemory = value),
        BigNumber("Server:Limits:MaxRequestBodyMemoryPerAddress", static (options, value) => options.Server.Limits.MaxRequestBodyMemoryPerAddress = value),
        TimeOrInfinite("Server:Limits:HandlerTimeout", static (options, value) => options.Server.Limits.HandlerTimeout = value),
        Number("Server:Limits:MinRequestRate", static (options, value) => options.Server.Limits.MinRequestRate = value),
        Time("Server:Limits:RequestGracePeriod", static (options, value) => options.Server.Limits.RequestGracePeriod = value),
        Number("Server:Limits:MinResponseRate", static (options, value) => options.Server.Limits.MinResponseRate = value),
        Time("Server:Limits:ResponseGracePeriod", static (options, value) => options.Server.Limits.ResponseGracePeriod = value),

        Number("Server:Protocol:MaxBatchCalls", static (options, value) => options.Server.Protocol.MaxBatchCalls = value),
        Number("Server:Protocol:MaxBatchParallelism", static (options, value) => options.Server.Protocol.MaxBatchParallelism = value),
        Flag("Server:Protocol:StrictParams", static (options, value) => options.Server.Protocol.StrictParams = value),
        Number("Server:Protocol:NotificationStatusCode", static (options, value) => options.Server.Protocol.NotificationStatusCode = value),
        Flag("Server:Protocol:AllowGet", static (options, value) => options.Server.Protocol.AllowGet = value),
        TimeOrInfinite("Server:Protocol:StreamHeartbeat", static (options, value) => options.Server.Protocol.StreamHeartbeat = value),

        Flag("Server:Discovery:Enabled", static (options, value) => options.Server.Discovery.Enabled = value),
        Text("Server:Discovery:Title", static (options, value) => options.Server.Discovery.Title = value),
        Text("Server:Discovery:Version", static (options, value) => options.Server.Discovery.Version = value),
        Flag("Server:Discovery:Playground", static (options, value) => options.Server.Discovery.Playground = value),
    }.ToFrozenDictionary(setting => setting.Path, StringComparer.OrdinalIgnoreCase);

    /// <summary>The properties that hold objects or functions, which text cannot express.</summary>
    public static readonly FrozenSet<string> OfCodeAlone = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Server:Transport", "Server:SerializerOptions", "Server:Authenticate", "Server:Middleware", "Server:OnUnhandledException", "Server:OnWarning",
        "Server:TrafficLog", "Server:TimeProvider");

    /// <summary>The path that holds a key for each method; see <see cref="RateLimitSettings"/>.</summary>
    public const string RateLimits = "RateLimits";

    /// <summary>The paths that hold further settings.</summary>
    public static readonly FrozenSet<string> Groups = FrozenSet.Create(StringComparer.OrdinalIgnoreCase, "", "Server", "Server:Limits", "Server:Protocol", "Server:Discovery");

    private static HostSetting Text(string path, Action<JsonRpcHostOptions, string?> set) => new(path, "a text", (options, section) =>
    {
        if (section.GetChildren().Any())
            return false;
        set(options, section.Value);
        return true;
    });

    private static HostSetting Number(string path, Action<JsonRpcHostOptions, int> set) =>
        Of(path, "a whole number", text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null, set);

    private static HostSetting BigNumber(string path, Action<JsonRpcHostOptions, long> set) =>
        Of(path, "a whole number", text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null, set);

    private static HostSetting Flag(string path, Action<JsonRpcHostOptions, bool> set) => Of(path, "true or false", text => bool.TryParse(text, out var value) ? value : null, set);

    private static HostSetting Kind(string path, Action<JsonRpcHostOptions, JsonRpcTransportKind> set) =>
        Of(path, string.Join(" or ", Enum.GetNames<JsonRpcTransportKind>()), text =>
             Enum.TryParse<JsonRpcTransportKind>(text, ignoreCase: true, out var value) && char.IsLetter(text[0]) ? value : null, set);

    private static HostSetting Time(string path, Action<JsonRpcHostOptions, TimeSpan> set) => Of(path, "a time in hours, minutes and seconds, such as 00:00:30", ReadTime, set);

    private static HostSetting TimeOrInfinite(string path, Action<JsonRpcHostOptions, TimeSpan> set) => Of(
        path,
        "a time in hours, minutes and seconds, such as 00:00:30, or Infinite",
        text => text.Equals("Infinite", StringComparison.OrdinalIgnoreCase) ? Timeout.InfiniteTimeSpan : ReadTime(text),
        set);

    /// <summary>A list: in JSON an array, elsewhere one text, which is shorter than a key for each entry.</summary>
    private static HostSetting List(string path, Action<JsonRpcHostOptions, string[]> set) =>
        new(path, "a list, or one text with its entries separated by semicolons", (options, section) =>
    {
        var entries = section.GetChildren().ToArray();
        if (entries.Length > 0 && section.Value is { Length: > 0 } || entries.Any(entry => entry.Value is null))
            return false;
        set(options, entries.Length > 0
            ? [.. entries.Select(entry => entry.Value!)] : (section.Value ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return true;
    });

    private static HostSetting Networks(string path, Action<JsonRpcHostOptions, IPNetwork[]> set) => List(path, (options, entries) => set(options, [.. entries.Select(entry =>
        AddressText.ReadNetwork(entry.Trim()) ?? throw new ArgumentException($"'{entry}' is not an address or a network, such as 10.1.0.7 or 10.1.0.0/16."))]));

    private static HostSetting Of<T>(string path, string form, Func<string, T?> read, Action<JsonRpcHostOptions, T> set)
        where T : struct => new(path, form, (options, section) =>
    {
        if (section.GetChildren().Any() || section.Value is not { Length: > 0 } text || read(text.Trim()) is not { } value)
            return false;
        set(options, value);
        return true;
    });

    /// <summary>Reads a time.</summary>
    /// <remarks>Rejects a number alone, and 24:00:00: .NET reads both as days, which is not what was meant.</remarks>
    private static TimeSpan? ReadTime(string text) => text.Contains(':') && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var value) ? value : null;
}
