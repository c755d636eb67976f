using System.Net.Sockets;

namespace JsonRpcLite.Tool;

/// <summary>Where a server is: an address of http or https, <c>unix:/run/app.sock</c>, or a port of this machine.</summary>
internal sealed class ServerAddress
{
    private const string UnixPrefix = "unix:";

    private readonly string? _path;
    private readonly UnixDomainSocketEndPoint? _endPoint;

    private ServerAddress(string text, Uri address, string? path, UnixDomainSocketEndPoint? endPoint) =>
        (Text, Address, _path, _endPoint) = (text, address, path, endPoint);

    /// <summary>As a user would write it.</summary>
    public string Text { get; }

    public Uri Address { get; }

    /// <summary>Whether only this machine can answer there.</summary>
    public bool IsLoopback => _endPoint is not null || SiteName.IsLoopback(Address.Host);

    /// <summary>Whether a text is rather an address than the name of a file.</summary>
    public static bool IsAddress(string text) => text.Contains("://", StringComparison.Ordinal) || text.StartsWith(UnixPrefix, StringComparison.Ordinal);

    /// <exception cref="UsageException">The text is not an address.</exception>
    public static ServerAddress Read(string text)
    {
        if (text.StartsWith(UnixPrefix, StringComparison.Ordinal))
        {
            // As nginx writes it: the path of the socket, a colon, and the path of the request.
            var colon = text.LastIndexOf(":/", StringComparison.Ordinal);
            var hasTarget = colon > UnixPrefix.Length && !IsDrive(text, colon);
            var path = hasTarget ? text[UnixPrefix.Length..colon] : text[UnixPrefix.Length..];
            var target = hasTarget ? text[(colon + 1)..] : "/";
            if (path.StartsWith("///", StringComparison.Ordinal))
                path = path[2..];
            if (path.Length == 0)
                throw new UsageException("unix: needs the path of a socket, such as unix:/run/app.sock.");
            return new ServerAddress(
                hasTarget ? $"{UnixPrefix}{path}:{target}" : $"{UnixPrefix}{path}",
                UsageException.Check(() => new Uri($"http://localhost{target}")),
                path,
                UsageException.Check(() => new UnixDomainSocketEndPoint(path)));
        }
        var written = text.Length > 0 && text.All(char.IsAsciiDigit) ? $"http://localhost:{text}/" : text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}";
        if (!Uri.TryCreate(written, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.Host.Length == 0)
            throw new UsageException($"{UserInformation.Shown(text)} is not an address. Write http://localhost:12345/, unix:/run/app.sock, or 12345 for a port of this machine.");
        if (address.UserInfo.Length > 0)
            throw new UsageException("The address holds a name or password. Leave it out, and send a header: -H \"Authorization: ...\".");
        return new ServerAddress(address.ToString(), address, null, null);
    }

    /// <summary>Whether a colon stands behind the letter of a drive: <c>unix:C:/app.sock</c>.</summary>
    private static bool IsDrive(string text, int colon) => OperatingSystem.IsWindows() && colon == UnixPrefix.Length + 1 && char.IsAsciiLetter(text[colon - 1]);

    /// <summary>
    /// Whether the settings of the machine name a proxy for the address. Only an HttpClient knows proxies; sockets are loaded sooner, and a call that ends early resets its
    /// connection there, so that the server ends it, too.
    /// </summary>
    private bool IsBehindProxy() => !HttpClient.DefaultProxy.IsBypassed(Address) && HttpClient.DefaultProxy.GetProxy(Address) is not null;

    /// <summary>Makes a client of the server, with the headers and the time-out of the command line.</summary>
    /// <param name="arguments">The arguments of the command.</param>
    /// <exception cref="UnansweredException">The Unix socket does not exist, which the system would call an address that cannot be assigned.</exception>
    public JsonRpcClient MakeClient(Arguments arguments)
    {
        if (_path is not null && !File.Exists(_path))
            throw new UnansweredException($"There is no socket {UnixPrefix}{_path}.");
        var options = new JsonRpcClientOptions { Transport = IsLoopback || !IsBehindProxy() ? new SocketClientTransport { EndPoint = _endPoint } : new HttpClientTransport() };
        if (arguments.FindTime("--timeout") is { } timeout)
            options.Timeout = timeout;
        foreach (var (name, value) in RequestHeaders.Read(arguments.All("--header")))
            options.Headers[name] = value;
        return UsageException.Check(() => JsonRpc.MakeClient(Address, options));
    }
}
