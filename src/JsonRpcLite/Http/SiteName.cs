using System.Net;

namespace JsonRpcLite;

/// <summary>Writes names of hosts and origins in the form in which browsers send them.</summary>
/// <remarks>International names are in ASCII (RFC 5890), and the default port of the scheme is omitted (RFC 6454 6.2).</remarks>
internal static class SiteName
{
    /// <summary>Returns a host name without its trailing dot; <c>null</c> where the text is not a host name.</summary>
    // The default name skips Uri, whose parsing the runtime must compile first.
    public static string? OfHost(string text) => text == "localhost" ? text : Uri.CheckHostName(text) switch
    {
        UriHostNameType.Unknown => null,
        UriHostNameType.IPv6 => text,
        _ => Uri.TryCreate($"http://{text}/", UriKind.Absolute, out var uri) ? TryGetAscii(uri)?.TrimEnd('.') : null,
    };

    /// <summary>Whether a name or address that a server binds can be reached only from this machine.</summary>
    public static bool IsLoopback(string hostName)
    {
        var name = hostName.Trim('[', ']').TrimEnd('.');
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || IPAddress.TryParse(name, out var address) && IPAddress.IsLoopback(address);
    }

    /// <summary>Returns an origin of http or https; <c>null</c> where the text is not one, or is more than an origin.</summary>
    public static string? OfOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0 && uri.PathAndQuery == "/" && uri.Fragment.Length == 0
        && uri.HostNameType is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6 && TryGetAscii(uri) is not null
            ? $"{uri.Scheme}://{OfAddress(uri)}"
            : null;

    /// <summary>Returns the value of the Host header for a request to the address.</summary>
    public static string OfAddress(Uri address)
    {
        var host = address.HostNameType == UriHostNameType.IPv6 ? address.Host : address.IdnHost;
        return address.IsDefaultPort ? host : $"{host}:{address.Port}";
    }

    /// <summary>Returns an IPv6 address in the form that the system reads.</summary>
    /// <remarks>RFC 6874 2 writes the "%" before a zone as "%25".</remarks>
    public static string WithPlainZone(string host) =>
        host.IndexOf("%25", StringComparison.Ordinal) is var mark and > 0 && host.Length > mark + 3 ? $"{host[..mark]}%{Uri.UnescapeDataString(host[(mark + 3)..])}" : host;

    /// <summary>Returns the name in ASCII; <c>null</c> where it has no ASCII form, which no earlier check detects.</summary>
    private static string? TryGetAscii(Uri uri)
    {
        try
        {
            return uri.IdnHost;
        }
        catch (UriFormatException)
        {
            return null;
        }
    }
}
