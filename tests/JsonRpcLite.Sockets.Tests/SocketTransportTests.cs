using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Sockets.Tests;

public sealed class SocketTransportOnEventLoops() : SocketTransportTests(eventLoops: 2);

public sealed class SocketTransportOnTheThreadPool() : SocketTransportTests(eventLoops: 0);

public abstract class SocketTransportTests(int eventLoops) : SocketTests(eventLoops)
{
    [Fact]
    public async Task Both_loopback_addresses_answer_on_one_port()
    {
        var server = Serve();

        foreach (var address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
        {
            using var connection = await RawConnection.OpenAsync(new IPEndPoint(address, server.Address.Port));
            await connection.SendAsync(RawRequest.Post("7"));
            (await connection.ReceiveAsync())!.Text.Should().Be("{\"echo\":7}");
        }
        server.Address.Host.Should().Be("127.0.0.1");
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "[::1]")]
    [InlineData("[::1]", "[::1]")]
    [InlineData("*", "127.0.0.1")]
    [InlineData("0.0.0.0", "127.0.0.1")]
    [InlineData("::", "127.0.0.1")]
    public async Task Any_address_can_be_bound_and_its_server_be_reached_at_its_address(string hostName, string reachedAt)
    {
        var server = Serve(configure: o => o.HostName = hostName);

        using var client = new HttpClient();
        var reply = await client.PostAsync(server.Address, new StringContent("7"));

        (await reply.Content.ReadAsStringAsync()).Should().Be("{\"echo\":7}");
        server.Address.Host.Should().Be(reachedAt);
    }

    [Fact]
    public async Task An_end_point_replaces_host_name_and_port()
    {
        var server = Serve(new SocketTransport { EndPoint = new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0) });

        using var connection = await RawConnection.OpenAsync(new IPEndPoint(IPAddress.Parse("127.0.0.2"), server.Address.Port));
        await connection.SendAsync(RawRequest.Post("7"));

        (await connection.ReceiveAsync())!.Status.Should().Be(200);
        server.Address.Host.Should().Be("127.0.0.2");
    }

    [Fact]
    public async Task A_Unix_domain_socket_is_created_at_startup_and_removed_at_shutdown()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var server = Serve(new SocketTransport { EndPoint = new UnixDomainSocketEndPoint(file) });

        using var connection = await RawConnection.OpenAsync(new UnixDomainSocketEndPoint(file));
        await connection.SendAsync(RawRequest.Post("7"));

        (await connection.ReceiveAsync())!.Text.Should().Be("{\"echo\":7}");
        server.Address.Should().Be(new Uri("http://localhost/"));
        await server.StopAsync(new CancellationToken(canceled: true));
        File.Exists(file).Should().BeFalse();
    }

    [Fact]
    public void A_file_that_is_not_a_socket_is_left_alone()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "precious");

        FluentActions.Invoking(() => Serve(new SocketTransport { EndPoint = new UnixDomainSocketEndPoint(file) })).Should().Throw<IOException>().WithMessage($"*{file}*");

        File.ReadAllText(file).Should().Be("precious");
        File.Delete(file);
    }

    [LinuxFact]
    public async Task An_abstract_name_is_not_a_file()
    {
        var name = Path.GetRandomFileName();
        File.WriteAllText($"@{name}", "precious");
        var endPoint = new UnixDomainSocketEndPoint($"\0{name}");
        var server = Serve(new SocketTransport { EndPoint = endPoint });

        using (var connection = await RawConnection.OpenAsync(endPoint))
        {
            await connection.SendAsync(RawRequest.Post("7"));
            (await connection.ReceiveAsync())!.Text.Should().Be("{\"echo\":7}");
        }
        await server.StopAsync(new CancellationToken(canceled: true));

        File.ReadAllText($"@{name}").Should().Be("precious");
        File.Delete($"@{name}");
    }

    [Fact]
    public async Task A_server_stops_although_the_folder_of_its_socket_was_deleted()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        var transport = new SocketTransport { EndPoint = new UnixDomainSocketEndPoint(Path.Combine(folder, "s")) };
        var server = Serve(transport);
        Directory.Delete(folder, recursive: true);

        await server.StopAsync(new CancellationToken(canceled: true));

        transport.OpenConnections.Should().Be(0);
    }

    [Fact]
    public void TLS_without_a_certificate_is_refused_at_startup() =>
        FluentActions.Invoking(() => Serve(new SocketTransport { TlsOptions = new SslServerAuthenticationOptions() })).Should().Throw<ArgumentException>()
            .WithMessage("*TlsOptions*certificate*");

    [Fact]
    public async Task A_socket_file_that_a_killed_server_left_behind_is_replaced()
    {
        var endPoint = new UnixDomainSocketEndPoint(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()));
        var moved = new UnixDomainSocketEndPoint(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()));
        using (var killed = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            killed.Bind(moved);
            // It does not look for the file there when it is closed.
            File.Move(moved.ToString(), endPoint.ToString());
        }
        File.Exists(endPoint.ToString()).Should().BeTrue();

        Serve(new SocketTransport { EndPoint = endPoint });

        using var connection = await RawConnection.OpenAsync(endPoint);
        await connection.SendAsync(RawRequest.Post("7"));
        (await connection.ReceiveAsync())!.Status.Should().Be(200);
    }

    [Fact]
    public void A_socket_file_or_port_in_use_is_an_IOException_that_names_it()
    {
        var endPoint = new UnixDomainSocketEndPoint(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()));
        Serve(new SocketTransport { EndPoint = endPoint });
        var port = Serve().Address.Port;

        FluentActions.Invoking(() => Serve(new SocketTransport { EndPoint = endPoint })).Should().Throw<IOException>()
            .WithMessage($"*{endPoint}*is using it. Stop it, or choose another port or file.")
            .Which.Message.Should().NotMatchRegex(@"\.\s*\.");
        FluentActions.Invoking(() => Serve(port: port)).Should().Throw<IOException>().WithMessage($"*port {port} of *is using it. Stop it, or choose another port or file.");
    }

    [Fact]
    public async Task A_port_in_use_on_one_loopback_address_is_not_bound_on_the_other_alone()
    {
        using var other = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        other.Listen();
        var port = ((IPEndPoint)other.LocalEndPoint!).Port;

        FluentActions.Invoking(() => Serve(port: port)).Should().Throw<IOException>().WithMessage($"*port {port}*");

        await FluentActions.Awaiting(() => RawConnection.OpenAsync(port)).Should().ThrowAsync<SocketException>("nothing was left listening");
    }

    [Fact]
    public void Both_an_end_point_and_a_port_or_another_kind_of_end_point_is_refused()
    {
        FluentActions.Invoking(() => Serve(new SocketTransport { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, port: 12345))
            .Should().Throw<ArgumentException>().WithMessage("*12345*");
        FluentActions.Invoking(() => Serve(new SocketTransport { EndPoint = new DnsEndPoint("localhost", 1) })).Should().Throw<ArgumentException>().WithMessage("*DnsEndPoint*");
    }

    [Fact]
    public void Detailed_errors_where_others_can_call_are_refused_without_a_name_that_is_not_listened_on() =>
        FluentActions.Invoking(() => Serve(new SocketTransport { EndPoint = new IPEndPoint(IPAddress.Any, 0) }, o => o.DetailedErrors = true))
            .Should().Throw<InvalidOperationException>().WithMessage("*DetailedErrors*loopback*").Which.Message.Should().NotContain("localhost");

    [Fact]
    public void A_setting_out_of_its_range_is_refused_by_name_where_it_is_set()
    {
        var transport = new SocketTransport();

        Refused(t => t.MaxConnections = 0, "MaxConnections must be at least 1; it is 0.*");
        Refused(t => t.RequestHeadTimeout = TimeSpan.Zero, "RequestHeadTimeout must be above 0 and at most 24 days; it is 00:00:00.*");
        Refused(t => t.KeepAliveTimeout = TimeSpan.FromDays(25), "KeepAliveTimeout must be above 0 and at most 24 days; it is 25.00:00:00.*");
        Refused(t => t.EventLoops = 65, "EventLoops must be at least 0 and at most 64; it is 65.*");
        Refused(t => t.EventLoops = -1, "EventLoops must be at least 0 and at most 64; it is -1.*");

        void Refused(Action<SocketTransport> spoil, string message) => transport.Invoking(spoil).Should().Throw<ArgumentOutOfRangeException>().WithMessage(message);
    }

    [Fact]
    public void There_is_an_event_loop_for_each_core_by_default() => new SocketTransport().EventLoops.Should().Be(Math.Min(Environment.ProcessorCount, 64));

    [Fact]
    public async Task A_server_with_a_certificate_speaks_TLS()
    {
        using var certificate = TestCertificate.Make();
        var server = ServeRaw(
            (exchange, _) =>
            {
                exchange.ResponseHeaders["X-Scheme"] = exchange.Scheme;
                return default;
            },
            new SocketTransport { TlsOptions = new SslServerAuthenticationOptions { ServerCertificate = certificate } });

        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, presented, _, _) => presented!.Thumbprint == certificate.Thumbprint };
        using var client = new HttpClient(handler);
        for (var i = 0; i < 3; i++)
            (await client.GetAsync(server.Address)).Headers.GetValues("X-Scheme").Should().Equal("https");

        server.Address.Scheme.Should().Be("https");
    }

    [Fact]
    public async Task A_client_can_authenticate_with_its_certificate()
    {
        using var certificate = TestCertificate.Make();
        var server = Serve(
            new SocketTransport
            {
                TlsOptions = new SslServerAuthenticationOptions
                {
                    ServerCertificate = certificate,
                    ClientCertificateRequired = true,
                    RemoteCertificateValidationCallback = (_, shown, _, _) => shown is null || IsOurs(shown),
                },
            },
            o => o.Authenticate = (exchange, _) => new(IsOurs(exchange.ClientCertificate) ? new ClaimsPrincipal(new ClaimsIdentity("test")) : null));
        var known = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, shown, _, _) => IsOurs(shown), ClientCertificates = [certificate] };
        var unknown = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, shown, _, _) => IsOurs(shown) };
        using var client = JsonRpc.MakeClient(server.Address, new() { Transport = new SocketClientTransport { TlsOptions = known } });
        using var stranger = JsonRpc.MakeClient(server.Address, new() { Transport = new SocketClientTransport { TlsOptions = unknown } });

        (await client.CommandAsync(7))!.ToJsonString().Should().Be("{\"echo\":7}");
        (await stranger.Invoking(s => s.CommandAsync(7)).Should().ThrowAsync<JsonRpcException>()).Which.StatusCode.Should().Be(HttpStatusCode.Unauthorized);

        bool IsOurs(X509Certificate? shown) => shown?.GetCertHashString() == certificate.GetCertHashString();
    }

    [Fact]
    public async Task A_plain_connection_to_a_TLS_port_is_closed_and_the_next_one_served()
    {
        using var certificate = TestCertificate.Make();
        var server = Serve(new SocketTransport { TlsOptions = new SslServerAuthenticationOptions { ServerCertificate = certificate } });

        using (var connection = await RawConnection.OpenAsync(server.Address.Port))
        {
            await connection.SendAsync(RawRequest.Post("7"));
            (await connection.ReceiveToEndAsync()).Should().NotContain("HTTP/");
        }

        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
        using var client = new HttpClient(handler);
        (await client.PostAsync(server.Address, new StringContent("7"))).StatusCode.Should().Be(HttpStatusCode.OK);
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_handshake_that_takes_too_long_is_closed()
    {
        using var certificate = TestCertificate.Make();
        var server = Serve(new SocketTransport { TlsOptions = new SslServerAuthenticationOptions { ServerCertificate = certificate } });
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        var ended = connection.ReceiveToEndAsync();
        Clock.AdvanceUntil(ended);

        (await ended).Should().BeEmpty();
    }
}
