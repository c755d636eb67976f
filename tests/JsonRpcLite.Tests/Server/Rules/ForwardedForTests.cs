using System.Diagnostics;
using System.Net;

namespace JsonRpcLite.Tests;

/// <summary>The address of a proxy's caller. The proxies of these tests have addresses that begin with 10.</summary>
public class ForwardedForTests
{
    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1:0")]
    [InlineData("  192.0.2.1\t", "192.0.2.1:0")]
    [InlineData("192.0.2.1:4711", "192.0.2.1:4711")]
    [InlineData("2001:db8::1", "[2001:db8::1]:0")]
    [InlineData("[2001:db8::1]", "[2001:db8::1]:0")]
    [InlineData("[2001:db8::1]:4711", "[2001:db8::1]:4711")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1:0")]
    [InlineData("198.51.100.9, 192.0.2.1", "192.0.2.1:0")]
    [InlineData("198.51.100.9, 192.0.2.1, 10.0.0.2,10.0.0.3", "192.0.2.1:0")]
    [InlineData("10.0.0.9, 10.0.0.2", "10.0.0.9:0")]
    [InlineData("192.0.2.1, , ,", "192.0.2.1:0")]
    [InlineData("unknown, <script>, 192.0.2.1", "192.0.2.1:0")]
    [InlineData("\", 192.0.2.1", "192.0.2.1:0")]
    public void The_caller_is_the_last_address_that_is_not_that_of_a_proxy(string value, string caller) => Find(value).Should().Be(caller);

    [Theory]
    [InlineData("")]
    [InlineData(" , ,")]
    [InlineData("unknown")]
    [InlineData("_hidden")]
    [InlineData("192.0.2.1, unknown")]
    [InlineData("192.0.2.1, unknown, 10.0.0.2")]
    [InlineData("192.0.2.1 10.0.0.2")]
    [InlineData("192.0.2.1:")]
    [InlineData("192.0.2.1:65536")]
    [InlineData("192.0.2.1:+1")]
    [InlineData("192.0.2.1:80:80")]
    [InlineData("[192.0.2.1]:80")]
    [InlineData("[2001:db8::1")]
    [InlineData("[2001:db8::1]80")]
    [InlineData("[]")]
    [InlineData("fe80::1%eth0")]
    [InlineData("1")]
    [InlineData("0xC0.0.2.1")]
    [InlineData("\"192.0.2.1\"")]
    public void A_value_without_an_address_finds_no_caller(string value) => Find(value).Should().BeNull();

    [Theory]
    [InlineData("for=192.0.2.1", "192.0.2.1:0")]
    [InlineData("For=\"192.0.2.1\"", "192.0.2.1:0")]
    [InlineData("for=\"192.0.2.1:4711\"", "192.0.2.1:4711")]
    [InlineData("for=\"192.0.2.1:_port\"", "192.0.2.1:0")]
    [InlineData("FOR=\"[2001:db8::1]:4711\";proto=https", "[2001:db8::1]:4711")]
    [InlineData("by=10.0.0.1; proto=http ;for=192.0.2.1;host=\"a,b;for=6.6.6.6\"", "192.0.2.1:0")]
    [InlineData("for=192.0.2.1;host=\"a\\\",for=6.6.6.6\"", "192.0.2.1:0")]
    [InlineData("for=198.51.100.9, for=192.0.2.1, for=10.0.0.2", "192.0.2.1:0")]
    [InlineData("for=\"6.6.6.6, for=192.0.2.1", "192.0.2.1:0")]
    [InlineData("for=\"6.6.6.6\\, for=192.0.2.1, for=\"10.0.0.2\"", "192.0.2.1:0")]
    public void Forwarded_is_read_as_RFC_7239_says(string value, string caller) => Find(value, isForwarded: true).Should().Be(caller);

    [Theory]
    [InlineData("192.0.2.1")]
    [InlineData("for=unknown")]
    [InlineData("for=\"_gazonk\"")]
    [InlineData("for=192.0.2.1, for=unknown")]
    [InlineData("for=192.0.2.1, proto=https")]
    [InlineData("for=192.0.2.1;for=192.0.2.2")]
    [InlineData("for=")]
    [InlineData("for=\"\"")]
    [InlineData("for=\"192.0.2.1")]
    [InlineData("for=\"192.0.2\\.1\"")]
    [InlineData("for =192.0.2.1")]
    [InlineData("xfor=192.0.2.1")]
    public void A_Forwarded_value_without_an_address_finds_no_caller(string value) => Find(value, isForwarded: true).Should().BeNull();

    [Theory]
    [InlineData(false, "10.0.0.2", "10.0.0.2:0")]
    [InlineData(false, "x", null)]
    [InlineData(true, "for=10.0.0.2", "10.0.0.2:0")]
    [InlineData(true, "\"", null)]
    [InlineData(true, "\\\"", null)]
    public void A_header_of_ten_thousand_entries_is_read_quickly(bool isForwarded, string entry, string? caller)
    {
        var value = string.Join(',', Enumerable.Repeat(entry, 10_000));
        var began = Stopwatch.GetTimestamp();

        Find(value, isForwarded).Should().Be(caller);

        Stopwatch.GetElapsedTime(began).Should().BeLessThan(TimeSpan.FromSeconds(5));
    }

    private static string? Find(string value, bool isForwarded = false) => ForwardedFor.Find(value, isForwarded, address => address.GetAddressBytes()[0] == 10)?.ToString();
}
