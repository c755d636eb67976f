using System.Net;

namespace JsonRpcLite;

/// <summary>
/// Names of hosts and origins in the one spelling in which browsers send them: international names in ASCII (RFC 5890), no port where it is the scheme's own (RFC 6454 6.2).
/// </summary>
internal static class SiteName
{
    /// <summary>A host alone, without the dot that a full name may end in; <c>null</c> where the text is none.</summary>
    public static string? OfHost(string text) => text == "localhost" ? text : Uri.CheckHostName(text) switch
    {
        UriHostNameType.Unknown => null,
        UriHostNameType.IPv6 => text,
        _ => Uri.TryCreate($"http://{text}/", UriKind.Absolute, out var uri) ? TryGetAscii(uri)?.TrimEnd('.') : null,
    };

    /// <summary>Whether a name or address that a server binds can be reached from this machine alone.</summary>
    public static bool IsLoopback(string hostName)
    {
        var name = hostName.Trim('[', ']').TrimEnd('.');
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || IPAddress.TryParse(name, out var address) && IPAddress.IsLoopback(address);
    }

    /// <summary>An origin of http or https; <c>null</c> where the text is none, or says more than an origin.</summary>
    public static string? OfOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0 && uri.PathAndQuery == "/" && uri.Fragment.Length == 0
        && uri.HostNameType is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6 && TryGetAscii(uri) is not null
            ? $"{uri.Scheme}://{OfAddress(uri)}"
            : null;

    /// <summary>What stands in the Host field of a request to the address.</summary>
    public static string OfAddress(Uri address)
    {
        var host = address.HostNameType == UriHostNameType.IPv6 ? address.Host : address.IdnHost;
        return address.IsDefaultPort ? host : $"{host}:{address.Port}";
    }

    /// <summary>An IPv6 address as the system reads it: RFC 6874 2 writes the "%" in front of a zone as "%25".</summary>
    public static string WithPlainZone(string host) =>
        host.IndexOf("%25", StringComparison.Ordinal) is var mark and > 0 && host.Length > mark + 3 ? $"{host[..mark]}%{Uri.UnescapeDataString(host[(mark + 3)..])}" : host;

    /// <summary><c>null</c> where the name has no spelling in ASCII, which nothing finds out before.</summary>
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
