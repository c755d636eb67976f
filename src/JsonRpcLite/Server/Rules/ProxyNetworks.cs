using System.Collections.ObjectModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>The networks of trusted proxies.</summary>
internal static class ProxyNetworks
{
    /// <summary>Checks the networks, and returns a copy in the form that the addresses of peers have.</summary>
    /// <exception cref="ArgumentException">A network contains every address.</exception>
    public static IReadOnlyList<IPNetwork> Check(IReadOnlyList<IPNetwork> networks, [CallerMemberName] string property = "")
    {
        ArgumentNullException.ThrowIfNull(networks, property);
        if (networks is IPNetwork[] { Length: 0 })
            return networks;
        var copy = networks.Select(Normalize).ToArray();
        foreach (var network in copy)
        {
            if (network.PrefixLength == 0)
                throw new ArgumentException($"{property} must name only proxies. {network} holds every address, so any client could claim the address of another.", property);
        }
        return Array.AsReadOnly(copy);
    }

    /// <summary>Whether one of the networks contains the address.</summary>
    public static bool Hold(IReadOnlyList<IPNetwork> networks, IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        foreach (var network in networks)
        {
            if (network.Contains(address))
                return true;
        }
        return false;
    }

    private static IPNetwork Normalize(IPNetwork network)
    {
        const int mappedPrefix = 96;
        return network is { BaseAddress: { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: true }, PrefixLength: >= mappedPrefix }
            ? new IPNetwork(network.BaseAddress.MapToIPv4(), network.PrefixLength - mappedPrefix)
            : network;
    }
}
