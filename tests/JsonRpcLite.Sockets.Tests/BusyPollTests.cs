using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Sockets.Tests;

/// <summary>When a waiting thread looks for input before it sleeps.</summary>
public sealed class BusyPollTests
{
    [Fact]
    public void A_look_in_vain_doubles_the_waits_until_the_next_one_up_to_1024()
    {
        // Other tests look, too: on so many processors, there is room for all.
        var poll = Make(processors: 1000);

        var skips = Enumerable.Range(0, 12).Select(_ =>
        {
            Look(poll, hasFound: false);
            return SkipsUntilDue(poll);
        });

        skips.Should().Equal(2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1024, 1024);
    }

    [Fact]
    public void A_look_that_finds_input_makes_the_next_wait_one_to_look_in()
    {
        var poll = Make(processors: 1000);
        for (var i = 0; i < 5; i++)
        {
            Look(poll, hasFound: false);
            SkipsUntilDue(poll);
        }

        Look(poll, hasFound: true);

        poll.IsDue().Should().BeTrue();
        Look(poll, hasFound: false);
        SkipsUntilDue(poll).Should().Be(2);
    }

    [Fact]
    public void A_time_of_0_never_looks() => new BusyPoll(processors: 1000).IsDue().Should().BeFalse();

    /// <summary>An event loop with several active connections would use a processor for nothing.</summary>
    [Fact]
    public void Only_a_source_that_had_input_twice_in_a_row_is_looked_at()
    {
        var poll = new BusyPoll(processors: 1000);

        var due = new ulong[] { 1, 2, 1, 1, 1, 2, 2, 3 }.Select(source =>
        {
            poll.OnInput(source, BusyPoll.MaxTime);
            return poll.IsDue();
        });

        due.Should().Equal(false, false, false, true, true, false, true, false);
        poll.OnInput(3, TimeSpan.Zero);
        poll.IsDue().Should().BeFalse("the source does not want it");
    }

    [Fact]
    public void With_one_processor_no_thread_looks()
    {
        var poll = Make(processors: 1);

        poll.IsDue().Should().BeFalse();
        poll.TryBegin().Should().BeFalse();
    }

    [Fact]
    public void At_most_half_of_the_processors_are_used()
    {
        var before = BusyPoll.Polling;
        // So many that the threads of other tests do not fill the places.
        const int Most = 2000;
        var polls = Enumerable.Range(0, Most + 1).Select(_ => Make(2 * Most)).ToList();
        var begun = new List<BusyPoll>();
        try
        {
            foreach (var poll in polls)
            {
                if (poll.TryBegin())
                    begun.Add(poll);
            }

            begun.Count.Should().BeInRange(Most - before - 100, Most);
        }
        finally
        {
            begun.ForEach(poll => poll.End(hasFound: true));
        }
        Look(polls[0], hasFound: true);
    }

    [Fact]
    public void A_look_ends_after_its_time()
    {
        var poll = Make(processors: 1000);
        var began = Stopwatch.GetTimestamp();

        poll.TryBegin().Should().BeTrue();
        while (!poll.IsOver)
        {
        }
        poll.End(hasFound: false);

        Stopwatch.GetElapsedTime(began).Should().BeGreaterThanOrEqualTo(BusyPoll.MaxTime);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(51)]
    public void A_time_out_of_range_is_refused(int microseconds)
    {
        var time = TimeSpan.FromMicroseconds(microseconds);

        var server = () => new SocketTransport { BusyPollTime = time };
        var client = () => new SocketClientTransport { BusyPollTime = time };

        server.Should().Throw<ArgumentOutOfRangeException>().WithMessage($"BusyPollTime must be at least 0 and at most 50 us; it is {time}.*");
        client.Should().Throw<ArgumentOutOfRangeException>().WithMessage($"BusyPollTime must be at least 0 and at most 50 us; it is {time}.*");
    }

    /// <summary>A blocking read sees the end of a connection, whether its thread looks or sleeps.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    public async Task A_blocking_read_sees_the_end_of_the_connection(int microseconds)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(listener.LocalEndpoint);
        var peer = await listener.AcceptSocketAsync();
        using var wire = new SocketWire(socket) { BusyPoll = new() { Time = TimeSpan.FromMicroseconds(microseconds) } };

        await peer.SendAsync("a"u8.ToArray());
        wire.Receive(new byte[10]).Should().Be(1);
        peer.Dispose();

        wire.Receive(new byte[10]).Should().Be(0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    public async Task Calls_are_answered_with_and_without_it(int microseconds)
    {
        var time = TimeSpan.FromMicroseconds(microseconds);
        await using var server = MakeServer(0, (int n) => n + 1, new() { Transport = new SocketTransport { BusyPollTime = time } });
        using var client = MakeClient(server.Address, new() { Transport = new SocketClientTransport { BusyPollTime = time } });

        for (var i = 0; i < 200; i++)
        {
            client.Command<int, int>(i).Should().Be(i + 1);
            (await client.CommandAsync<int, int>(i)).Should().Be(i + 1);
        }
    }

    private static BusyPoll Make(int processors) => new(processors) { Time = BusyPoll.MaxTime };

    private static void Look(BusyPoll poll, bool hasFound)
    {
        poll.TryBegin().Should().BeTrue();
        poll.End(hasFound);
    }

    private static int SkipsUntilDue(BusyPoll poll)
    {
        var skips = 0;
        while (!poll.IsDue())
            skips++;
        return skips;
    }
}
