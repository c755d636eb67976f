using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace JsonRpcLite.Hosting.Tests;

/// <summary>The settings of a hosted server in the configuration: each of them applies, or is an error.</summary>
public class HostOptionsTests
{
    private const string NotARate = " must be a number of calls per second, or a rate such as 10/s, 5/min or 100/h; it is ";

    [Fact]
    public async Task Settings_come_from_JSON_the_environment_and_the_command_line()
    {
        Environment.SetEnvironmentVariable("HostOptionsTests__Server__AllowedHosts", "a.example; b.example");
        Environment.SetEnvironmentVariable("HostOptionsTests__Server__Limits__MaxConcurrentCalls", "7");
        await using var host = await HostOfServers.StartAsync(
            """
            {
              "HostOptionsTests": {
                "port": 0,
                "Transport": "HttpListener",
                "Server": {
                  "AllowedOrigins": [ "https://a.example", "https://b.example" ],
                  "TrustedProxies": [ "10.1.0.7", "2001:db8::/32" ],
                  "ForwardedForHeader": "Forwarded",
                  "Limits": { "MaxConcurrentCalls": 3, "HandlerTimeout": "Infinite", "MaxRequestBodyMemory": 5000000000 },
                  "Protocol": { "StrictParams": true, "AllowGet": true, "StreamHeartbeat": "00:00:20" },
                  "Discovery": { "Title": "Shop", "Version": null, "Playground": "false" }
                }
              }
            }
            """,
            services => services.AddJsonRpcServer("HostOptionsTests", methods: set => { }),
            "--HostOptionsTests:Server:DrainDelay=00:00:00.5");

        var options = OptionsOf(host);

        (options.Port, options.Transport).Should().Be((0, JsonRpcTransportKind.HttpListener));
        options.Server.AllowedHosts.Should().Equal("a.example", "b.example");
        options.Server.AllowedOrigins.Should().Equal("https://a.example", "https://b.example");
        options.Server.TrustedProxies.Should().Equal(System.Net.IPNetwork.Parse("10.1.0.7/32"), System.Net.IPNetwork.Parse("2001:db8::/32"));
        options.Server.ForwardedForHeader.Should().Be("Forwarded");
        (options.Server.Limits.MaxConcurrentCalls, options.Server.Limits.HandlerTimeout, options.Server.Limits.MaxRequestBodyMemory)
            .Should().Be((7, Timeout.InfiniteTimeSpan, 5_000_000_000));
        (options.Server.Protocol.StrictParams, options.Server.Protocol.AllowGet, options.Server.Protocol.StreamHeartbeat).Should().Be((true, true, TimeSpan.FromSeconds(20)));
        (options.Server.Discovery.Title, options.Server.Discovery.Version, options.Server.Discovery.Playground).Should().Be(("Shop", null, false));
        options.Server.DrainDelay.Should().Be(TimeSpan.FromSeconds(0.5));
    }

    [Fact]
    public async Task The_configuration_overrides_AddJsonRpc_and_AddJsonRpcServer_overrides_the_configuration()
    {
        await using var host = await HostOfServers.StartAsync(
            """{ "JsonRpc": { "Port": 1, "Server": { "Limits": { "MaxConcurrentCalls": 2 } } } }""",
            services =>
            {
                services.AddJsonRpcServer(configure: options => options.Port = 0);
                services.AddJsonRpc(options => (options.Limits.MaxConcurrentCalls, options.Limits.MaxConcurrentStreams) = (1, 1));
            });

        var options = OptionsOf(host);

        (options.Port, options.Server.Limits.MaxConcurrentCalls, options.Server.Limits.MaxConcurrentStreams).Should().Be((0, 2, 1));
        host.Services.GetRequiredService<IOptionsMonitor<JsonRpcServerOptions>>().Get("").Limits.MaxConcurrentCalls
            .Should().Be(1, "an endpoint that serves the same set has options of its own");
    }

    [Theory]
    [InlineData("Port", "abc", "JsonRpc:Port must be a whole number; it is 'abc'.")]
    [InlineData("Port", "70000", "JsonRpc:Port must be at least 0 and at most 65535; it is 70000.")]
    [InlineData("Port", "", "JsonRpc:Port must be a whole number; it is empty.")]
    [InlineData("Port:Number", "1", "JsonRpc:Port must be a whole number; it is a group of values.")]
    [InlineData("Prot", "1", "JsonRpc:Prot is not a setting. Settings there: Port, RateLimits, Server, Transport, UnixSocket.")]
    [InlineData("Transport", "1", "JsonRpc:Transport must be Sockets or HttpListener; it is '1'.")]
    [InlineData("Transport", "Kestrel", "JsonRpc:Transport must be Sockets or HttpListener; it is 'Kestrel'.")]
    [InlineData("Server", "x", "JsonRpc:Server must hold settings, and no value itself; it is 'x'. Settings there: AcceptBaggage, *")]
    [InlineData("Server:Transport", "Sockets", "JsonRpc:Server:Transport cannot be set in the configuration. Set it in code: *options.Server.Transport = ...).*beside Port.")]
    [InlineData("Server:TimeProvider", "x", "JsonRpc:Server:TimeProvider cannot be set in the configuration.*")]
    [InlineData("Server:TrafficLog:Level", "x", "JsonRpc:Server:TrafficLog cannot be set in the configuration.*")]
    [InlineData("Server:SerializerOptions:WriteIndented", "true", "JsonRpc:Server:SerializerOptions cannot be set in the configuration.*")]
    [InlineData("Server:HostName", "http://x", "JsonRpc:Server:HostName must be a host name or an address alone, without scheme or port; it is 'http://x'.")]
    [InlineData("Server:HostName", "", "JsonRpc:Server:HostName: *empty*")]
    [InlineData("Server:AllowedHosts", "a.example;b:1", "JsonRpc:Server:AllowedHosts must hold host names alone, without scheme or port; 'b:1' is not one.")]
    [InlineData("Server:TrustedProxies", "10.0.0.1; proxy", "JsonRpc:Server:TrustedProxies: 'proxy' is not an address or a network, such as 10.1.0.7 or 10.1.0.0/16.")]
    [InlineData("Server:TrustedProxies", "10.0.0.1/8", "JsonRpc:Server:TrustedProxies: '10.0.0.1/8' is not *")]
    [InlineData("Server:TrustedProxies", "10", "JsonRpc:Server:TrustedProxies: '10' is not *")]
    [InlineData("Server:TrustedProxies", "0.0.0.0/0", "JsonRpc:Server:TrustedProxies must name only proxies. 0.0.0.0/0 holds every address*")]
    [InlineData("Server:ForwardedForHeader", "a b", "JsonRpc:Server:ForwardedForHeader must be the name of a header field, such as X-Forwarded-For; it is 'a b'.")]
    [InlineData("Server:Limits:MaxRequestBodyMemoryPerAddress", "1", "JsonRpc:Server:Limits:MaxRequestBodyMemoryPerAddress must be at least 65536; it is 1.")]
    [InlineData("RateLimits", "5", "JsonRpc:RateLimits must hold the names of methods, each with its calls per second, and no value itself; it is '5'.")]
    [InlineData("RateLimits:order.place", "0", "JsonRpc:RateLimits:order.place must be at least 1/h; it is '0'.")]
    [InlineData("RateLimits:order.place", "-1", "JsonRpc:RateLimits:order.place must be at least 1/h; it is '-1'.")]
    [InlineData("RateLimits:order.place", "0.0001", "JsonRpc:RateLimits:order.place must be at least 1/h; it is '0.0001'.")]
    [InlineData("RateLimits:order.place", "0.5/h", "JsonRpc:RateLimits:order.place must be at least 1/h; it is '0.5/h'.")]
    [InlineData("RateLimits:order.place", "1000001/min", "JsonRpc:RateLimits:order.place must be at most 1000000 for a minute or an hour; it is '1000001/min'.")]
    [InlineData("RateLimits:order.place", "99999999999999999999999/h", "JsonRpc:RateLimits:order.place must be at most 2147483647/s; it is '99999999999999999999999/h'.")]
    [InlineData("RateLimits:order.place", "0.0000000000000000000001", "JsonRpc:RateLimits:order.place must be at least 1/h; it is '0.0000000000000000000001'.")]
    [InlineData("RateLimits:order.place", "3000000000", "JsonRpc:RateLimits:order.place must be at most 2147483647/s; it is '3000000000'.")]
    [InlineData("RateLimits:order.place", "5/day", "JsonRpc:RateLimits:order.place" + NotARate + "'5/day'.")]
    [InlineData("RateLimits:order.place", "5/", "JsonRpc:RateLimits:order.place" + NotARate + "'5/'.")]
    [InlineData("RateLimits:order.place", "/min", "JsonRpc:RateLimits:order.place" + NotARate + "'/min'.")]
    [InlineData("RateLimits:order.place", "5/min/s", "JsonRpc:RateLimits:order.place" + NotARate + "'5/min/s'.")]
    [InlineData("RateLimits:order.place", "1e3", "JsonRpc:RateLimits:order.place" + NotARate + "'1e3'.")]
    [InlineData("RateLimits:order.place", "0,5", "JsonRpc:RateLimits:order.place" + NotARate + "'0,5'.")]
    [InlineData("RateLimits:order:place", "x", "JsonRpc:RateLimits:order:place" + NotARate + "'x'.")]
    [InlineData("RateLimits:*", "", "JsonRpc:RateLimits:*" + NotARate + "empty.")]
    [InlineData("Server:DetailedErrors", "yes", "JsonRpc:Server:DetailedErrors must be true or false; it is 'yes'.")]
    [InlineData("Server:DrainTimeout", "10", "JsonRpc:Server:DrainTimeout must be a time in hours, minutes and seconds, such as 00:00:30; it is '10'.")]
    [InlineData("Server:DrainTimeout", "24:00:00", "JsonRpc:Server:DrainTimeout must be a time in hours, minutes and seconds, such as 00:00:30; it is '24:00:00'.")]
    [InlineData("Server:DrainTimeout", "-00:00:01", "JsonRpc:Server:DrainTimeout must be at least 0 and at most 24 days; it is -00:00:01.")]
    [InlineData("Server:Limits:MaxConcurrentCalls", "0", "JsonRpc:Server:Limits:MaxConcurrentCalls must be at least 1; it is 0.")]
    [InlineData("Server:Limits:MaxCalls", "1", "JsonRpc:Server:Limits:MaxCalls is not a setting. Settings there: HandlerTimeout, *MaxConcurrentCalls, *")]
    [InlineData("Server:Limits:MaxRequestBodyMemory", "70000", "JsonRpc:Server:Limits:MaxRequestBodyMemory must be at least MaxRequestBodySize, 16777216; it is 70000.")]
    [InlineData("Server:Protocol:NotificationStatusCode", "200.5", "JsonRpc:Server:Protocol:NotificationStatusCode must be a whole number; it is '200.5'.")]
    public async Task An_invalid_setting_is_an_error_at_startup_that_names_its_key(string key, string value, string message)
    {
        string[] arguments = key.StartsWith("Port", StringComparison.Ordinal) ? [$"--JsonRpc:{key}={value}"] : ["--JsonRpc:Port=0", $"--JsonRpc:{key}={value}"];

        var start = () => HostOfServers.StartAsync("{}", services => services.AddJsonRpcServer(methods: set => { }), arguments);

        (await start.Should().ThrowAsync<OptionsValidationException>()).WithMessage(message);
    }

    [Theory]
    [InlineData("{}", "JsonRpc:Port is not set. Set it to the port to listen on, *set JsonRpc:UnixSocket.")]
    [InlineData("""{ "Port": 5000, "UnixSocket": "/tmp/x" }""", "JsonRpc:Port and JsonRpc:UnixSocket are both set.*")]
    [InlineData("""{ "UnixSocket": "/tmp/x", "Transport": "HttpListener" }""", "JsonRpc:UnixSocket needs the transport Sockets; JsonRpc:Transport is HttpListener.")]
    [InlineData("""{ "UnixSocket": "" }""", "JsonRpc:UnixSocket must be the path of a file*")]
    [InlineData("""{ "Port": 0, "Server": { "DetailedErrors": true, "HostName": "*" } }""", "JsonRpc:Server:DetailedErrors: *only for a server on loopback*")]
    [InlineData(
        """{ "Port": 70000, "Server": { "Limits": { "MinRequestRate": 0 } } }""", "JsonRpc:Port must be *; JsonRpc:Server:Limits:MinRequestRate must be at least 1; it is 0.")]
    public async Task Contradictory_settings_are_an_error_at_startup(string section, string message)
    {
        var start = () => HostOfServers.StartAsync($$"""{ "JsonRpc": {{section}} }""", services => services.AddJsonRpcServer(methods: set => { }));

        (await start.Should().ThrowAsync<OptionsValidationException>()).WithMessage(message);
    }

    [Theory]
    [InlineData("Transport", "Sockets")]
    [InlineData("UnixSocket", "/tmp/x")]
    public async Task A_transport_that_is_set_in_code_cannot_be_configured(string key, string value)
    {
        var start = () => HostOfServers.StartAsync(
            "{}", services => services.AddJsonRpcServer(configure: options => options.Server.Transport = new InMemoryTransport(), methods: set => { }), $"--JsonRpc:{key}={value}");

        (await start.Should().ThrowAsync<OptionsValidationException>()).WithMessage($"JsonRpc:{key} cannot be set, because the code has set JsonRpcServerOptions.Transport.");
    }

    [Fact]
    public async Task Without_a_section_messages_name_properties()
    {
        var start = () => HostOfServers.StartAsync("{}", services => services.AddJsonRpcServer(section: null, methods: set => { }));

        (await start.Should().ThrowAsync<OptionsValidationException>()).WithMessage("JsonRpcHostOptions.Port is not set.*");
    }

    [Fact]
    public void Every_property_is_a_setting_or_can_only_be_set_in_code()
    {
        var paths = PathsOf(typeof(JsonRpcHostOptions), "").ToList();

        paths.Should().HaveCountGreaterThan(30);
        HostSetting.All.Keys.Concat(HostSetting.OfCodeAlone).Append(HostSetting.RateLimits).Should().BeEquivalentTo(paths);
    }

    private static IEnumerable<string> PathsOf(Type type, string prefix)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (HostSetting.Groups.Contains(prefix + property.Name))
            {
                foreach (var path in PathsOf(property.PropertyType, $"{prefix}{property.Name}:"))
                    yield return path;
            }
            else
            {
                yield return prefix + property.Name;
            }
        }
    }

    private static JsonRpcHostOptions OptionsOf(HostOfServers host) => host.Services.GetRequiredService<IOptionsMonitor<JsonRpcHostOptions>>().Get("");
}
