using System.Globalization;
using System.Net;

namespace JsonRpcLite;

/// <summary>
/// Reads who called a proxy, from the field in which proxies write that: <c>X-Forwarded-For</c> and the like, a list of addresses, or <c>Forwarded</c> (RFC 7239). Each proxy adds
/// to the right, so it is read from there: what stands left of the first address that is not a proxy's may be anything, and is not looked at.
/// </summary>
internal static class ForwardedFor
{
    /// <summary>The last address that is not a proxy's; of proxies alone the first. <c>null</c> where an entry up to there says no address.</summary>
    /// <param name="value">The value of the field.</param>
    /// <param name="isForwarded">Whether the field is that of RFC 7239.</param>
    /// <param name="isProxy">Whether an address is that of a proxy.</param>
    public static IPEndPoint? Find(ReadOnlySpan<char> value, bool isForwarded, Func<IPAddress, bool> isProxy)
    {
        IPEndPoint? found = null;
        while (!value.IsEmpty)
        {
            var begin = isForwarded ? LastOutsideQuotes(value, ',') + 1 : value.LastIndexOf(',') + 1;
            var entry = value[begin..].Trim(" \t");
            value = begin == 0 ? [] : value[..(begin - 1)];
            // RFC 9110 5.6.1: lists may have empty elements.
            if (entry.IsEmpty)
                continue;
            if ((isForwarded ? ReadElement(entry) : ReadNode(entry)) is not { } peer)
                return null;
            found = peer;
            if (!isProxy(peer.Address))
                break;
        }
        return found;
    }

    /// <summary>The <c>for</c> of one element, such as <c>for="[2001:db8::1]:4711";proto=https</c> (RFC 7239 4). <c>null</c> where it has none, or two.</summary>
    private static IPEndPoint? ReadElement(ReadOnlySpan<char> element)
    {
        IPEndPoint? found = null;
        while (!element.IsEmpty)
        {
            var begin = LastOutsideQuotes(element, ';') + 1;
            var pair = element[begin..].Trim(" \t");
            element = begin == 0 ? [] : element[..(begin - 1)];
            if (!pair.StartsWith("for=", StringComparison.OrdinalIgnoreCase))
                continue;
            var node = pair["for=".Length..];
            if (node is ['"', .. var quoted, '"'])
                node = quoted;
            if (found is not null || (found = ReadNode(node)) is null)
                return null;
        }
        return found;
    }

    /// <summary>An address, perhaps with a port; <c>unknown</c> and made-up names (RFC 7239 6.2, 6.3) are none.</summary>
    private static IPEndPoint? ReadNode(ReadOnlySpan<char> node)
    {
        var port = ReadOnlySpan<char>.Empty;
        if (node is ['[', .. var bracketed])
        {
            var end = bracketed.IndexOf(']');
            if (end < 0 || !bracketed[..end].Contains(':'))
                return null;
            node = bracketed[..end];
            port = bracketed[(end + 1)..];
        }
        else if (node.Count(':') == 1)
        {
            port = node[node.IndexOf(':')..];
            node = node[..node.IndexOf(':')];
        }
        return AddressText.Read(node) is { } address && ReadPort(port) is { } number ? new IPEndPoint(address, number) : null;
    }

    /// <summary>0 where none is said, or a made-up name instead.</summary>
    private static int? ReadPort(ReadOnlySpan<char> text) => text switch
    {
        [] => 0,
        [':', '_', _, ..] => 0,
        [':', .. var digits] when digits.Length <= 5 && ushort.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var port) => port,
        _ => null,
    };

    /// <summary>The last such character outside of quotes; -1 where there is none. From the right: an open quote that a client wrote on the left swallows nothing.</summary>
    private static int LastOutsideQuotes(ReadOnlySpan<char> text, char wanted)
    {
        var isQuoted = false;
        for (var i = text.Length - 1; i >= 0; i--)
        {
            if (text[i] == '"' && !IsEscaped(text[..i]))
                isQuoted = !isQuoted;
            else if (text[i] == wanted && !isQuoted)
                return i;
        }
        return -1;
    }

    /// <summary>Whether an odd number of backslashes stands at the end.</summary>
    private static bool IsEscaped(ReadOnlySpan<char> before) => (before.Length - before.TrimEnd('\\').Length) % 2 == 1;
}
