using System.Globalization;
using System.Net;

namespace JsonRpcLite;

/// <summary>Reads the caller's address from the header field in which proxies write it.</summary>
/// <remarks>
/// The header field is <c>X-Forwarded-For</c> or a similar list of addresses, or <c>Forwarded</c> (RFC 7239). Each proxy adds an entry on the right, so the value is read from
/// the right. Entries to the left of the first address that is not a proxy's may be forged, and are ignored.
/// </remarks>
internal static class ForwardedFor
{
    /// <summary>Finds the last address that is not a proxy's; the first address if all are proxies.</summary>
    /// <param name="value">The value of the header field.</param>
    /// <param name="isForwarded">Whether the header field is that of RFC 7239.</param>
    /// <param name="isProxy">Whether an address is that of a proxy.</param>
    /// <returns><c>null</c> if an entry up to there has no address.</returns>
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

    /// <summary>Reads the <c>for</c> of one element, such as <c>for="[2001:db8::1]:4711";proto=https</c> (RFC 7239 4).</summary>
    /// <returns><c>null</c> if it has no <c>for</c>, or two.</returns>
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

    /// <summary>Reads an address with an optional port; <c>null</c> for <c>unknown</c> and obfuscated identifiers (RFC 7239 6.2, 6.3).</summary>
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

    /// <summary>Reads a port; 0 if there is no port, or an obfuscated one.</summary>
    private static int? ReadPort(ReadOnlySpan<char> text) => text switch
    {
        [] => 0,
        [':', '_', _, ..] => 0,
        [':', .. var digits] when digits.Length <= 5 && ushort.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var port) => port,
        _ => null,
    };

    /// <summary>Finds the last occurrence of a character outside of quotes; -1 if there is none.</summary>
    /// <remarks>It reads from the right, so that an unclosed quote that a client wrote on the left does not hide the proxies' entries.</remarks>
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

    /// <summary>Whether the text ends with an odd number of backslashes.</summary>
    private static bool IsEscaped(ReadOnlySpan<char> before) => (before.Length - before.TrimEnd('\\').Length) % 2 == 1;
}
