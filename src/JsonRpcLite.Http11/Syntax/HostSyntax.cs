using System.Net;

namespace JsonRpcLite.Http11;

/// <summary>Parses a Host header field or the authority in a target: uri-host [ ":" port ] (RFC 9110 7.2, RFC 3986 3.2.2).</summary>
internal static class HostSyntax
{
    /// <summary>Whether the value is valid.</summary>
    /// <remarks>An empty value is valid: the target then has no authority (RFC 9110 7.2).</remarks>
    public static bool IsValid(ReadOnlySpan<byte> value) => TrySplit(value, out _, out _);

    /// <summary>Splits a valid value into host and port; the port is empty if there is none.</summary>
    public static bool TrySplit(ReadOnlySpan<byte> value, out ReadOnlySpan<byte> host, out ReadOnlySpan<byte> port)
    {
        host = port = default;
        var end = value.Length > 0 && value[0] == '[' ? LiteralEnd(value) : NameEnd(value);
        if (end < 0)
            return false;
        host = value[..end];
        if (end == value.Length)
            return true;
        if (value[end] != ':')
            return false;
        port = value[(end + 1)..];
        return Digits.Run(port) == port.Length;
    }

    /// <summary>The end of an address in brackets; -1 if it is malformed.</summary>
    private static int LiteralEnd(ReadOnlySpan<byte> value)
    {
        var close = value.IndexOf((byte)']');
        return close > 0 && IsAddressLiteral(value[1..close]) ? close + 1 : -1;
    }

    private static bool IsAddressLiteral(ReadOnlySpan<byte> inner)
    {
        if (inner.IsEmpty || inner.Contains((byte)'%'))
            return false;
        if ((inner[0] | 0x20) != 'v')
            return inner.Contains((byte)':') && IPAddress.IsValidUtf8(inner);

        // IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
        var dot = inner.IndexOf((byte)'.');
        if (dot < 2 || dot == inner.Length - 1)
            return false;
        foreach (var character in inner[1..dot])
            if (Digits.Hex(character) < 0)
                return false;
        var rest = inner[(dot + 1)..];
        while (ByteScan.HostName(rest) is var run && run < rest.Length && rest[run] == ':')
            rest = rest[(run + 1)..];
        return ByteScan.HostName(rest) == rest.Length;
    }

    /// <summary>The end of a registered name; -1 if one of its escapes is incomplete.</summary>
    private static int NameEnd(ReadOnlySpan<byte> value)
    {
        var at = 0;
        while (true)
        {
            at += ByteScan.HostName(value[at..]);
            if (at == value.Length || value[at] != '%')
                return at;
            if (at + 2 >= value.Length || Digits.Hex(value[at + 1]) < 0 || Digits.Hex(value[at + 2]) < 0)
                return -1;
            at += 3;
        }
    }
}
