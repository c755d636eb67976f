using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>
/// By what a peer is counted: its IPv4 address, or the first 64 bits of its IPv6 address, since a host there has all that begin with them (RFC 4291 2.5.4, RFC 6177).
/// </summary>
internal readonly record struct PeerNetwork(bool IsIPv6, ulong Bits)
{
    /// <summary>The network of an address. One of IPv4 that is written as IPv6 (RFC 4291 2.5.5.2) counts as IPv4.</summary>
    public static PeerNetwork Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        if (length == 4)
            return new(IsIPv6: false, BinaryPrimitives.ReadUInt32BigEndian(bytes));
        return address.IsIPv4MappedToIPv6 ? new(IsIPv6: false, BinaryPrimitives.ReadUInt32BigEndian(bytes[12..])) : new(IsIPv6: true, BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }

    /// <summary><c>null</c> where a peer has no address, as on a Unix domain socket and in memory.</summary>
    public static PeerNetwork? Of(EndPoint? peer) =>
        peer is IPEndPoint { Address: { AddressFamily: AddressFamily.InterNetwork or AddressFamily.InterNetworkV6 } address } ? Of(address) : null;

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        if (!IsIPv6)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)Bits);
            return new IPAddress(bytes[..4]).ToString();
        }
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Bits);
        return $"{new IPAddress(bytes)}/64";
    }
}
