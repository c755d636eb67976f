using System.Buffers;
using System.Globalization;
using System.Net;

namespace JsonRpcLite;

/// <summary>
/// Reads addresses as they are written in configuration and header fields, and nothing else: <see cref="IPAddress.TryParse(string?, out IPAddress?)"/> makes an address of "1", of
/// "0x7f.1" and of "010.0.0.1", which no two programs read alike.
/// </summary>
internal static class AddressText
{
    private static readonly SearchValues<char> SixCharacters = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>
    /// An address of IPv4 in four decimal numbers, or one of IPv6 without brackets, port and zone; <c>null</c> for anything else. One of IPv4 in the form of IPv6 is IPv4.
    /// </summary>
    public static IPAddress? Read(ReadOnlySpan<char> text)
    {
        if (!text.Contains(':'))
            return ReadFour(text);
        if (text.ContainsAnyExcept(SixCharacters) || !IPAddress.TryParse(text, out var address))
            return null;
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    /// <summary>An address alone, or a network such as <c>10.0.0.0/8</c>; <c>null</c> for anything else, also for an address with bits beyond its prefix.</summary>
    public static IPNetwork? ReadNetwork(string text)
    {
        if (text.Contains('/'))
            return Read(text.AsSpan(0, text.IndexOf('/'))) is { } first && IPNetwork.TryParse(text, out var network) && network.BaseAddress.Equals(first) ? network : null;
        return Read(text) is { } address ? new IPNetwork(address, address.GetAddressBytes().Length * 8) : null;
    }

    private static IPAddress? ReadFour(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[4];
        var count = 0;
        foreach (var part in text.Split('.'))
        {
            var digits = text[part];
            if (count == bytes.Length || digits.Length > 3 || digits is ['0', _, ..] || !byte.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out bytes[count]))
                return null;
            count++;
        }
        return count == bytes.Length ? new IPAddress(bytes) : null;
    }
}
