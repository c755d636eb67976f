using System.Buffers;
using System.Globalization;
using System.Net;

namespace JsonRpcLite;

/// <summary>Reads addresses in the strict form of configuration and header fields.</summary>
/// <remarks>
/// <see cref="IPAddress.TryParse(string?, out IPAddress?)"/> also reads "1", "0x7f.1" and "010.0.0.1" as addresses, which different programs interpret differently.
/// </remarks>
internal static class AddressText
{
    private static readonly SearchValues<char> SixCharacters = SearchValues.Create("0123456789abcdefABCDEF:.");

    /// <summary>Whether a server with this host name listens on every network interface.</summary>
    public static bool IsEveryInterface(string hostName) => hostName is "*" or "+" or "0.0.0.0" or "::" or "[::]";

    /// <summary>Reads an IPv4 address of four decimal numbers, or an IPv6 address without brackets, port and zone.</summary>
    /// <remarks>Returns <c>null</c> for any other text. An IPv4-mapped IPv6 address becomes IPv4.</remarks>
    public static IPAddress? Read(ReadOnlySpan<char> text)
    {
        if (!text.Contains(':'))
            return ReadFour(text);
        if (text.ContainsAnyExcept(SixCharacters) || !IPAddress.TryParse(text, out var address))
            return null;
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    /// <summary>Reads an address, or a network such as <c>10.0.0.0/8</c>; <c>null</c> for any other text.</summary>
    /// <remarks>It also returns <c>null</c> for an address with bits beyond its prefix.</remarks>
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
