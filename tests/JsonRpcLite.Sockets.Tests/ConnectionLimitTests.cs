using System.Net;
using System.Net.Sockets;
using JsonRpcLite.Sockets.Tests.Server;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Sockets.Tests;

public sealed class ConnectionLimitsOnEventLoops() : ConnectionLimitTests(eventLoops: 2);

public sealed class ConnectionLimitsOnTheThreadPool() : ConnectionLimitTests(eventLoops: 0);

/// <summary>Many connections: more than allowed, more than there are file descriptors, and very many.</summary>
public abstract class ConnectionLimitTests(int eventLoops) : SocketTests(eventLoops)
{
    [Fact]
    public async Task One_connection_too_many_is_503_and_there_is_room_again_after_another_has_closed()
    {
        var transport = new SocketTransport { MaxConnections = 2 };
        var server = Serve(transport);
        using var first = await RawConnection.OpenAsync(server.Address.Port);
        await first.SendAsync(RawRequest.Post("1"));
        await first.ReceiveAsync();
        var second = await RawConnection.OpenAsync(server.Address.Port);
        await second.SendAsync(RawRequest.Post("2"));
        await second.ReceiveAsync();

        using (var third = await RawConnection.OpenAsync(server.Address.Port))
        {
            await third.SendAsync(RawRequest.Post("3"));
            var refused = (await third.ReceiveAsync())!;
            (refused.Status, refused["Retry-After"], refused.IsLast).Should().Be((503, "1", true));
            refused.Text.Should().Contain("-32000").And.Contain("2 connections");
        }

        second.Dispose();
        SpinWait.SpinUntil(() => transport.OpenConnections == 1, TimeSpan.FromSeconds(30)).Should().BeTrue();
        await ShouldServeAsync(server);
        await first.SendAsync(RawRequest.Post("1"));
        (await first.ReceiveAsync())!.Status.Should().Be(200);
    }

    [Fact]
    public async Task Each_address_has_its_own_limit_of_connections()
    {
        var transport = new SocketTransport { MaxConnectionsPerAddress = 2 };
        var server = Serve(transport);
        var port = server.Address.Port;
        var first = await ServedAsync(port, "127.0.0.2");
        using var second = await ServedAsync(port, "127.0.0.2");

        using (var third = await RawConnection.OpenAsync(port, IPAddress.Parse("127.0.0.2")))
        {
            await third.SendAsync(RawRequest.Post("3"));
            var refused = (await third.ReceiveAsync())!;
            (refused.Status, refused["Retry-After"], refused.IsLast).Should().Be((503, "1", true));
            refused.Text.Should().Contain("-32000").And.Contain("Your address has reached its limit of 2 connections");
        }
        using var other = await ServedAsync(port, "127.0.0.3");
        using var another = await ServedAsync(port, "127.0.0.3");

        first.Dispose();
        SpinWait.SpinUntil(() => transport.OpenConnections == 3, TimeSpan.FromSeconds(30)).Should().BeTrue();
        using var again = await ServedAsync(port, "127.0.0.2");
        await second.SendAsync(RawRequest.Post("1"));
        (await second.ReceiveAsync())!.Status.Should().Be(200);
    }

    [Fact]
    public async Task A_flood_from_one_address_takes_neither_the_connections_nor_the_answers_of_others()
    {
        var transport = new SocketTransport { MaxConnections = 6, MaxConnectionsPerAddress = 2 };
        var server = Serve(transport);
        var port = server.Address.Port;
        var inside = new List<RawConnection> { await ServedAsync(port, "127.0.0.2"), await ServedAsync(port, "127.0.0.2") };
        var flood = new List<RawConnection>();

        for (var i = 0; i < 200; i++)
            flood.Add(await RawConnection.OpenAsync(port, IPAddress.Parse("127.0.0.2")));
        SpinWait.SpinUntil(() => transport.OpenConnections <= 2 + 4, TimeSpan.FromSeconds(30)).Should().BeTrue("a limited number of connections of one address get the reason");
        foreach (var address in new[] { "127.0.0.3", "127.0.0.3", "127.0.0.4", "127.0.0.4" })
            inside.Add(await ServedAsync(port, address));

        using (var last = await RawConnection.OpenAsync(port, IPAddress.Parse("127.0.0.5")))
        {
            var refused = (await last.ReceiveAsync())!;
            (refused.Status, refused.Text.Contains("The server has reached its limit of 6 connections", StringComparison.Ordinal)).Should().Be((503, true));
        }
        flood.ForEach(c => c.Dispose());
        inside.ForEach(c => c.Dispose());
        SpinWait.SpinUntil(() => transport.OpenConnections == 0, TimeSpan.FromSeconds(30)).Should().BeTrue();
        using var again = await ServedAsync(port, "127.0.0.2");
    }

    [Fact]
    public async Task Addresses_of_an_IPv6_host_count_as_one_and_a_Unix_domain_socket_has_none()
    {
        using var parts = new ConnectionUnderTest((_, _) => default);
        var table = new ConnectionTable();
        var limits = new ConnectionLimits(100, 2, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);
        var six = new[] { "2001:db8::1", "2001:db8::2", "2001:db8::ffff:1", "2001:db8:0:1::1" }
            .Select(a => table.Add(new ServerConnection(parts.Gate, new FakeWire(IPAddress.Parse(a))), limits));
        six.Should().Equal(Admission.Granted, Admission.Granted, Admission.FullOfAddress, Admission.Granted);

        var file = Path.Combine(Path.GetTempPath(), $"jsonrpclite-{Guid.NewGuid():N}.sock");
        var server = Serve(new SocketTransport { EndPoint = new UnixDomainSocketEndPoint(file), MaxConnectionsPerAddress = 1 });
        using var first = await RawConnection.OpenAsync(new UnixDomainSocketEndPoint(file));
        using var second = await RawConnection.OpenAsync(new UnixDomainSocketEndPoint(file));
        foreach (var connection in new[] { first, second })
        {
            await connection.SendAsync(RawRequest.Post("1"));
            (await connection.ReceiveAsync())!.Status.Should().Be(200);
        }
        server.Should().NotBeNull();
    }

    [Fact]
    public void A_limit_for_each_address_is_at_least_one()
    {
        FluentActions.Invoking(() => new SocketTransport { MaxConnectionsPerAddress = 0 })
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage("MaxConnectionsPerAddress must be at least 1; it is 0.*");
        new SocketTransport { MaxConnectionsPerAddress = null }.MaxConnectionsPerAddress.Should().BeNull();
    }

    [Fact]
    public async Task A_proxy_on_a_Unix_domain_socket_identifies_its_caller()
    {
        var file = Path.Combine(Path.GetTempPath(), $"jsonrpclite-{Guid.NewGuid():N}.sock");
        EndPoint? caller = null;
        ServeRaw(
            (exchange, _) =>
            {
                caller = exchange.RemoteEndPoint;
                return default;
            },
            new SocketTransport { EndPoint = new UnixDomainSocketEndPoint(file) },
            options => options.TrustedProxies = [IPNetwork.Parse("10.0.0.0/8")]);
        using var connection = await RawConnection.OpenAsync(new UnixDomainSocketEndPoint(file));

        await connection.SendAsync(RawRequest.Post("1").With("X-Forwarded-For", "192.0.2.1, 10.0.0.1"));
        await connection.ReceiveAsync();

        caller!.ToString().Should().Be("192.0.2.1:0");
    }

    private static async Task<RawConnection> ServedAsync(int port, string from)
    {
        var connection = await RawConnection.OpenAsync(port, IPAddress.Parse(from));
        await connection.SendAsync(RawRequest.Post("1"));
        (await connection.ReceiveAsync())!.Status.Should().Be(200);
        return connection;
    }

    [Fact]
    public async Task A_flood_of_connections_does_not_disturb_open_connections()
    {
        var transport = new SocketTransport { MaxConnections = 3 };
        var server = Serve(transport);
        using var inside = await RawConnection.OpenAsync(server.Address.Port);
        await inside.SendAsync(RawRequest.Post("1"));
        await inside.ReceiveAsync();
        var flood = new List<RawConnection>();

        for (var i = 0; i < 300; i++)
            flood.Add(await RawConnection.OpenAsync(server.Address.Port));
        for (var i = 0; i < 10; i++)
        {
            await inside.SendAsync(RawRequest.Post("1"));
            (await inside.ReceiveAsync())!.Status.Should().Be(200);
        }

        transport.OpenConnections.Should().BeLessThanOrEqualTo(3 + 64, "the number of connections that get a refusal is limited too");
        flood.ForEach(c => c.Dispose());
        SpinWait.SpinUntil(() => transport.OpenConnections == 1, TimeSpan.FromSeconds(30)).Should().BeTrue();
        await ShouldServeAsync(server);
    }

    [Fact]
    public async Task Without_file_descriptors_a_server_pauses_and_resumes()
    {
        using var server = await ServerProcess.StartAsync(maxConnections: 10_000, maxOpenFiles: 200, eventLoops: eventLoops);
        using var inside = await RawConnection.OpenAsync(server.Address.Port);
        await inside.SendAsync(RawRequest.Post("7"));
        await inside.ReceiveAsync();
        var flood = new List<RawConnection>();

        for (var i = 0; i < 300; i++)
            flood.Add(await RawConnection.OpenAsync(server.Address.Port));
        SpinWait.SpinUntil(() => server.OpenFiles >= 176, TimeSpan.FromSeconds(30)).Should().BeTrue("all descriptors for connections are in use");
        await inside.SendAsync(RawRequest.Post("7"));
        (await inside.ReceiveAsync())!.Status.Should().Be(200, "open connections are still served");
        flood.ForEach(c => c.Dispose());

        await server.ShouldServeAsync();
        (await server.EndAsync()).Should().Be(0);
        (await server.Errors).Split("out of file descriptors").Should().HaveCount(2, "it is reported once, not ten times a second");
    }

    [Fact]
    public async Task Ten_thousand_idle_connections_cost_little_and_a_good_call_is_served_at_once()
    {
        using var server = await ServerProcess.StartAsync(maxConnections: 11_000, eventLoops: eventLoops);
        await server.ShouldServeAsync();
        var before = await server.CollectAsync();
        var idle = new List<Socket>();

        try
        {
            for (var i = 0; i < 10_000; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                idle.Add(socket);
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Address.Port));
            }
            SpinWait.SpinUntil(() => server.OpenFiles >= 10_000, TimeSpan.FromSeconds(60)).Should().BeTrue("all of them are open");

            await server.ShouldServeAsync();
            var perConnection = (await server.CollectAsync() - before) / 10_000;
            perConnection.Should().BeLessThan(4096, "an idle connection holds no buffer, the smallest of which has 4 KiB");
        }
        finally
        {
            idle.ForEach(s => s.Dispose());
        }
        SpinWait.SpinUntil(() => server.OpenFiles < 1000, TimeSpan.FromSeconds(60)).Should().BeTrue("nothing is left of them");
        await server.ShouldServeAsync();
    }
}
