using System.Net;
using System.Net.Sockets;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Sockets.Tests;

public sealed class ConnectionLimitsOnEventLoops() : ConnectionLimitTests(eventLoops: 2);

public sealed class ConnectionLimitsOnTheThreadPool() : ConnectionLimitTests(eventLoops: 0);

/// <summary>Many connections: more than may be, more than the system has file descriptors for, and very many.</summary>
public abstract class ConnectionLimitTests(int eventLoops) : SocketTests(eventLoops)
{
    [Fact]
    public async Task One_connection_too_many_is_503_and_there_is_room_again_when_another_has_gone()
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
    public async Task A_flood_of_connections_does_not_disturb_those_that_are_in()
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

        transport.OpenConnections.Should().BeLessThanOrEqualTo(3 + 64, "even refusals are told to so many only");
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
        SpinWait.SpinUntil(() => server.OpenFiles >= 176, TimeSpan.FromSeconds(30)).Should().BeTrue("all that connections may have are taken");
        await inside.SendAsync(RawRequest.Post("7"));
        (await inside.ReceiveAsync())!.Status.Should().Be(200, "who is in is served all the same");
        flood.ForEach(c => c.Dispose());

        await server.ShouldServeAsync();
        (await server.EndAsync()).Should().Be(0);
        (await server.Errors).Split("run out of file descriptors").Should().HaveCount(2, "it is told once, not ten times a second");
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
            SpinWait.SpinUntil(() => server.OpenFiles >= 10_000, TimeSpan.FromSeconds(60)).Should().BeTrue("all of them are in");

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
