using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>The network by which peers are counted: an IPv4 address, or the first 64 bits of an IPv6 address.</summary>
/// <remarks>A host with IPv6 typically has all addresses with the same first 64 bits (RFC 4291 2.5.4, RFC 6177).</remarks>
internal readonly record struct PeerNetwork(bool IsIPv6, ulong Bits)
{
    /// <summary>Returns the network of an address.</summary>
    /// <remarks>An IPv4-mapped IPv6 address (RFC 4291 2.5.5.2) counts as IPv4.</remarks>
    public static PeerNetwork Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        if (length == 4)
            return new(IsIPv6: false, BinaryPrimitives.ReadUInt32BigEndian(bytes));
        return address.IsIPv4MappedToIPv6 ? new(IsIPv6: false, BinaryPrimitives.ReadUInt32BigEndian(bytes[12..])) : new(IsIPv6: true, BinaryPrimitives.ReadUInt64BigEndian(bytes));
    }

    /// <summary>Returns the network of a peer; <c>null</c> where it has no address, as on a Unix domain socket and in memory.</summary>
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
