using System.Buffers;

namespace JsonRpcLite;

/// <summary>The parts of a request target (RFC 9112 3.2): a path, or in absolute form an authority and a path.</summary>
internal static class RequestTarget
{
    /// <summary>The characters of a scheme (RFC 3986 3.1).</summary>
    private static readonly SearchValues<char> SchemeCharacters = SearchValues.Create("+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Returns the path, not decoded and without the query; <c>/</c> where the target has none.</summary>
    public static string PathOf(string target)
    {
        var path = FindAuthority(target) is { } authority ? target[authority.End..] : target;
        path = path.IndexOfAny(['?', '#']) is var end and >= 0 ? path[..end] : path;
        return path.Length == 0 ? "/" : path;
    }

    /// <summary>Returns the authority of a target in absolute form; <c>null</c> for any other.</summary>
    public static string? AuthorityOf(string target) => FindAuthority(target) is { } authority ? target[authority] : null;

    /// <summary>Finds the authority (RFC 3986 3.2).</summary>
    private static Range? FindAuthority(string target)
    {
        if (target.StartsWith('/') || target.IndexOf("://", StringComparison.Ordinal) is not (var scheme and > 0) || target.AsSpan(0, scheme).ContainsAnyExcept(SchemeCharacters))
            return null;
        var start = scheme + "://".Length;
        return target.AsSpan(start).IndexOfAny('/', '?', '#') is var length and >= 0 ? start..(start + length) : start..target.Length;
    }
}
