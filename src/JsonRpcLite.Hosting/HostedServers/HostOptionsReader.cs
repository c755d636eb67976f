using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace JsonRpcLite;

/// <summary>Sets the options of a server: first those of AddJsonRpc for its set, then those of a section of the configuration.</summary>
/// <remarks>Every key of the section must be a setting; any other is an error.</remarks>
/// <param name="keys">The name and the keys of the server.</param>
/// <param name="configuration">The configuration of the application; <c>null</c> if it has none.</param>
/// <param name="servers">The factory of the options of the set.</param>
internal sealed class HostOptionsReader(HostKeys keys, IConfiguration? configuration, IOptionsFactory<JsonRpcServerOptions> servers) : IConfigureNamedOptions<JsonRpcHostOptions>
{
    public void Configure(JsonRpcHostOptions options) => Configure(Options.DefaultName, options);

    public void Configure(string? name, JsonRpcHostOptions options)
    {
        if (name != keys.Name)
            return;
        // A separate object: settings made here must not reach an endpoint of ASP.NET Core that serves the same set.
        options.Server = servers.Create(keys.Name);
        if (keys.Section is null)
            return;
        if (configuration is null)
            throw new InvalidOperationException(
                $"The application has no configuration to read '{keys.Section}' from. Call AddJsonRpcServer with section: null and set the options in code.");
        var failures = new List<string>();
        ReadGroup(configuration.GetSection(keys.Section), "", options, failures);
        if (failures.Count > 0)
            throw new OptionsValidationException(keys.Name, typeof(JsonRpcHostOptions), failures);
    }

    private static void ReadGroup(IConfigurationSection group, string path, JsonRpcHostOptions options, List<string> failures)
    {
        if (group.Value is { Length: > 0 })
            failures.Add($"{group.Path} must hold settings, and no value itself; it is '{group.Value}'. {SettingsOf(path)}");
        foreach (var section in group.GetChildren())
        {
            var below = path.Length == 0 ? section.Key : $"{path}:{section.Key}";
            if (HostSetting.All.TryGetValue(below, out var setting))
                Read(section, setting, options, failures);
            else if (below.Equals(HostSetting.RateLimits, StringComparison.OrdinalIgnoreCase))
                RateLimitSettings.Read(section, options.RateLimits, failures);
            else if (HostSetting.Groups.Contains(below))
                ReadGroup(section, below, options, failures);
            else if (HostSetting.OfCodeAlone.Contains(below))
                failures.Add(
                    $"{section.Path} cannot be set in the configuration. "
                    + $"Set it in code: AddJsonRpcServer(configure: options => options.{below.Replace(':', '.')} = ...).{HintFor(below)}");
            else
                failures.Add($"{section.Path} is not a setting. {SettingsOf(path)}");
        }
    }

    private static void Read(IConfigurationSection section, HostSetting setting, JsonRpcHostOptions options, List<string> failures)
    {
        try
        {
            if (!setting.TrySet(options, section))
                failures.Add($"{section.Path} must be {setting.Form}; it is {Shown(section)}.");
        }
        catch (ArgumentException e)
        {
            failures.Add(HostKeys.Describe(section.Path, e));
        }
    }

    private static string Shown(IConfigurationSection section) => section switch
    {
        { Value: { Length: > 0 } value } => $"'{value}'",
        _ when section.GetChildren().Any() => "a group of values",
        _ => "empty",
    };

    private static string SettingsOf(string path)
    {
        var prefix = path.Length == 0 ? "" : $"{path}:";
        var names = HostSetting.All.Keys.Concat(HostSetting.Groups).Append(HostSetting.RateLimits)
            .Where(name => name.Length > prefix.Length && name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && !name[prefix.Length..].Contains(':'))
            .Select(name => name[prefix.Length..]);
        return $"Settings there: {string.Join(", ", names.Order(StringComparer.Ordinal))}.";
    }

    private static string HintFor(string path) =>
        path.Equals("Server:Transport", StringComparison.OrdinalIgnoreCase) ? " The kind of transport is one level up, beside Port." : "";
}
