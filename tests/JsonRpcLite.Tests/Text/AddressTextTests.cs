using System.Net;

namespace JsonRpcLite.Tests;

public class AddressTextTests
{
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("255.255.255.255", "255.255.255.255")]
    [InlineData("::1", "::1")]
    [InlineData("2001:DB8::1", "2001:db8::1")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    public void An_address_is_read(string text, string address) => AddressText.Read(text)!.ToString().Should().Be(address);

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.")]
    [InlineData("1.2.3.256")]
    [InlineData("010.0.0.1")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("1.2.3.+4")]
    [InlineData(" 1.2.3.4")]
    [InlineData("1.2.3.4 ")]
    [InlineData("١.2.3.4")]
    [InlineData("[::1]")]
    [InlineData("[::1]:80")]
    [InlineData("fe80::1%eth0")]
    [InlineData("::1::")]
    [InlineData("localhost")]
    public void Anything_else_is_not_an_address(string text) => AddressText.Read(text).Should().BeNull();

    [Theory]
    [InlineData("10.1.0.7", "10.1.0.7/32")]
    [InlineData("10.1.0.0/16", "10.1.0.0/16")]
    [InlineData("::1", "::1/128")]
    [InlineData("2001:db8::/32", "2001:db8::/32")]
    [InlineData("10.1.0.7/16", null)]
    [InlineData("10/8", null)]
    [InlineData("10.0.0.0/", null)]
    [InlineData("10.0.0.0/33", null)]
    [InlineData("proxy", null)]
    public void A_network_is_an_address_alone_or_with_the_length_of_its_prefix(string text, string? network) => (AddressText.ReadNetwork(text)?.ToString()).Should().Be(network);

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("0.0.0.1", "0:0:0:1::", false)]
    public void An_IPv6_host_has_all_addresses_with_its_first_64_bits(string one, string other, bool isSame)
    {
        (PeerNetwork.Of(IPAddress.Parse(one)) == PeerNetwork.Of(IPAddress.Parse(other))).Should().Be(isSame);
        PeerNetwork.Of(IPAddress.Parse("2001:db8:1:2::1")).ToString().Should().Be("2001:db8:1:2::/64");
        PeerNetwork.Of(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 1)).ToString().Should().Be("192.0.2.1");
    }
}
