using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace JsonRpcLite;

/// <summary>Checks the rules across the settings of a server after all of them are set.</summary>
internal sealed class HostOptionsRules(HostKeys keys) : IValidateOptions<JsonRpcHostOptions>
{
    public ValidateOptionsResult Validate(string? name, JsonRpcHostOptions options)
    {
        if (name != keys.Name)
            return ValidateOptionsResult.Skip;
        var failures = FaultsOfEndpoint(options).ToList();
        if (failures.Count == 0)
            failures.AddRange(FaultsOfServer(options));
        failures.AddRange(FaultsOfRates(options));
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private IEnumerable<string> FaultsOfEndpoint(JsonRpcHostOptions options)
    {
        var (port, socket, kind) = (keys.Of(nameof(options.Port)), keys.Of(nameof(options.UnixSocket)), keys.Of(nameof(options.Transport)));
        if (options.Server.Transport is not null)
        {
            if (options.UnixSocket is not null)
                yield return $"{socket} cannot be set, because the code has set {nameof(JsonRpcServerOptions)}.{nameof(JsonRpcServerOptions.Transport)}.";
            if (options.HasTransportKind)
                yield return $"{kind} cannot be set, because the code has set {nameof(JsonRpcServerOptions)}.{nameof(JsonRpcServerOptions.Transport)}.";
            yield break;
        }
        if (options.UnixSocket is null)
        {
            if (options.Port is null)
                yield return $"{port} is not set. Set it to the port to listen on, 0 to 65535; 0 picks a free one. To listen on a Unix domain socket instead, set {socket}.";
            yield break;
        }
        if (options.Port is > 0)
            yield return $"{port} and {socket} are both set. Set one of them.";
        if (options.Transport != JsonRpcTransportKind.Sockets)
            yield return $"{socket} needs the transport {nameof(JsonRpcTransportKind.Sockets)}; {kind} is {options.Transport}.";
        if (!IsSocketPath(options.UnixSocket))
            yield return $"{socket} must be the path of a file, at most about 100 bytes long; it is '{options.UnixSocket}'.";
    }

    private IEnumerable<string> FaultsOfRates(JsonRpcHostOptions options) =>
        from limit in options.RateLimits
        let fault = limit.Value.FindFault()
        where fault is not null
        select $"{keys.Of($"{nameof(options.RateLimits)}:{limit.Key}")} {fault}";

    private IEnumerable<string> FaultsOfServer(JsonRpcHostOptions options)
    {
        try
        {
            options.MakeServerOptions().Check();
            return [];
        }
        catch (ArgumentException e)
        {
            return [HostKeys.Describe(keys.Of(PathOf(e.ParamName)), e)];
        }
        catch (InvalidOperationException e)
        {
            return [$"{keys.Of($"Server:{nameof(JsonRpcServerOptions.DetailedErrors)}")}: {Sentence.Of(e.Message)}"];
        }
    }

    /// <summary>The path of a property, whose name is unique among all groups.</summary>
    private static string PathOf(string? property) => HostSetting.All.Keys.FirstOrDefault(path => path.EndsWith($":{property}", StringComparison.Ordinal)) ?? $"Server:{property}";

    private static bool IsSocketPath(string path)
    {
        try
        {
            return new UnixDomainSocketEndPoint(path) is not null && path[0] != '\0';
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
