using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class FaultsOnHttpListener() : FaultTests(new HttpListenerHost());

public sealed class FaultsOnSockets() : FaultTests(new SocketHost());

public sealed class FaultsOnPortableSockets() : FaultTests(new PortableSocketHost());

public sealed class FaultsOnAspNetCore() : FaultTests(new AspNetCoreHost());

/// <summary>Whatever clients and functions do wrong: answers or a close, no crash, no hang, and the next valid call succeeds. A seed reproduces a failure.</summary>
public abstract partial class FaultTests : HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private protected FaultTests(Host host)
        : base(host)
    {
    }

    private static readonly string[] Requests =
    [
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
        "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4;x=y\r\n\":1}\r\n0\r\nA: b\r\n\r\n",
        "GET /health/live HTTP/1.0\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nJsonRpc-Timeout-Ms: 1000\r\nOrigin: null\r\n\r\n1",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(1013)]
    public async Task Any_input_gets_answers_or_a_close_and_never_a_5xx(int seed)
    {
        var random = new Random(seed);
        var server = Serve(Echo);
        for (var round = 0; round < 100; round++)
        {
            var text = await SendInPiecesAsync(server, random, random.Next(5) == 0 ? Noise(random) : Mutate(random));

            // 501 and 505 report what the server does not support: a transfer coding, a version.
            StatusLine().Matches(text).Select(m => m.Groups[1].Value).Where(s => s[0] == '5').Should().BeSubsetOf(["501", "505"], "seed {0}, round {1}: {2}", seed, round, text);
        }
        await ShouldServeAsync(server);
        Failures.Should().BeEmpty();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Valid_requests_in_slow_pieces_are_answered_correctly_beside_truncated_ones(int seed)
    {
        var server = Serve(Echo);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async lane =>
        {
            var random = new Random(seed * 100 + lane);
            for (var round = 0; round < 12; round++)
            {
                var value = random.Next();
                var body = $"{{\"a\":{value.ToString(CultureInfo.InvariantCulture)}}}";
                var request = Encoding.Latin1.GetBytes($"POST / HTTP/1.1\r\nHost: localhost:{server.Server.Address.Port}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
                using var connection = await RawConnection.OpenAsync(server.Server.Address.Port);
                var breaksOff = random.Next(3) == 0;
                var end = breaksOff ? random.Next(request.Length) : request.Length;
                for (var sent = 0; sent < end;)
                {
                    var piece = Math.Min(random.Next(1, 40), end - sent);
                    await connection.SendAsync(request[sent..(sent + piece)]);
                    sent += piece;
                    if (random.Next(3) == 0)
                        await Task.Delay(random.Next(3));
                }
                if (!breaksOff)
                    (await connection.ReceiveAsync())!.Text.Should().Be($"{{\"echo\":{body}}}", "seed {0}, lane {1}, round {2}", seed, lane, round);
                else if (random.Next(2) == 0)
                    connection.Reset();
            }
        })).WaitAsync(Patience);

        await ShouldServeAsync(server);
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_function_that_throws_affects_only_its_own_caller()
    {
        var server = Serve(command => command!.GetValue<int>() % 2 == 0 ? command : throw new InvalidOperationException("odd"));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async lane =>
        {
            using var client = server.MakeClient();
            for (var i = 0; i < 20; i++)
            {
                if (i % 2 == 0)
                    (await client.CommandAsync(i))!.GetValue<int>().Should().Be(i);
                else
                    (await FluentActions.Awaiting(() => client.CommandAsync(i)).Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(JsonRpcErrorCodes.InternalError);
            }
        })).WaitAsync(Patience);

        Failures.Should().HaveCount(8 * 10);
    }

    [Fact]
    public async Task A_function_that_never_returns_costs_its_permit_and_nothing_else()
    {
        var never = new TaskCompletionSource<JsonNode?>();
        var entered = new SemaphoreSlim(0);
        var server = ServeAsync(
            async (command, _) =>
            {
                if (command!.GetValue<int>() != 0)
                    return command.DeepClone();
                entered.Release();
                return await never.Task;
            },
            o => (o.Limits.HandlerTimeout, o.DrainTimeout) = (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1)));

        var calling = Enumerable.Range(0, 5).Select(_ => server.ExchangeAsync(RawRequest.Post("0"))).ToArray();
        for (var i = 0; i < 5; i++)
            (await entered.WaitAsync(Patience)).Should().BeTrue();
        Clock.Advance(TimeSpan.FromSeconds(3));

        foreach (var reply in await Task.WhenAll(calling).WaitAsync(Patience))
            reply.Status.Should().Be(504);
        (await server.ExchangeAsync(RawRequest.Post("7"))).Text.Should().Be("7");
        var stopping = server.Server.StopAsync();
        Clock.AdvanceUntil(stopping);
        await stopping;
    }

    [Fact]
    public async Task Calls_that_find_no_free_thread_in_the_pool_are_late_but_correct()
    {
        var server = Serve(Echo);
        using var gate = new ManualResetEventSlim();
        using var asleep = new SemaphoreSlim(0);
        // More than the initial number of threads: the rest of them wait in the pool's queue, before any work of the server.
        var sleepers = Enumerable.Range(0, 4 * Environment.ProcessorCount).Select(_ => Task.Run(() =>
        {
            asleep.Release();
            gate.Wait(Patience).Should().BeTrue();
        })).ToArray();
        for (var i = 0; i < Environment.ProcessorCount; i++)
            asleep.Wait(Patience).Should().BeTrue();

        // The test blocks, because it must not need the pool itself.
        var calls = Enumerable.Range(0, 8).Select(n =>
        {
            var call = new TcpClient("127.0.0.1", server.Server.Address.Port) { ReceiveTimeout = (int)Patience.TotalMilliseconds };
            call.Client.Send(Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: {server.Server.Address.Authority}\r\nConnection: close\r\nContent-Length: 1\r\n\r\n{n}"));
            return call;
        }).ToArray();
        gate.Set();
        var replies = calls.Select(call => new StreamReader(call.GetStream()).ReadToEnd()).ToArray();
        Array.ForEach(calls, call => call.Dispose());

        replies.Should().HaveCount(8).And.AllSatisfy(reply => reply.Should().StartWith("HTTP/1.1 200 "));
        replies.Select((reply, n) => reply.EndsWith($"{{\"echo\":{n}}}", StringComparison.Ordinal)).Should().OnlyContain(isRight => isRight);
        await Task.WhenAll(sleepers).WaitAsync(Patience);
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_reply_of_megabytes_is_sent_whole_and_one_over_the_limit_is_500()
    {
        const int large = 15_000_000;
        var server = ServeRaw(
            (exchange, _) =>
            {
                for (var left = exchange.Path == "/large" ? large : int.MaxValue; left > 0; left -= 1000)
                    exchange.ResponseBody.Write(new byte[1000]);
                return default;
            },
            o => o.Limits.MaxResponseBodySize = large);

        for (var i = 0; i < 3; i++)
        {
            (await server.ExchangeAsync(RawRequest.Get("/large"))).Body.Should().HaveCount(large);
            var tooLarge = await server.ExchangeAsync(RawRequest.Get("/too-large"));
            (tooLarge.Status, tooLarge.Text.Contains("-32011", StringComparison.Ordinal)).Should().Be((500, true));
        }
        Failures.Should().BeEmpty();
    }

    private static async Task ShouldServeAsync(HostedServer server) => (await server.ExchangeAsync(RawRequest.Post("7"))).Text.Should().Be("{\"echo\":7}");

    private static async Task<string> SendInPiecesAsync(HostedServer server, Random random, byte[] bytes)
    {
        using var connection = await RawConnection.OpenAsync(server.Server.Address.Port);
        try
        {
            for (var sent = 0; sent < bytes.Length;)
            {
                var piece = Math.Min(random.Next(1, 200), bytes.Length - sent);
                await connection.SendAsync(bytes[sent..(sent + piece)]);
                sent += piece;
            }
        }
        catch (SocketException)
        {
            // Refused and closed already.
        }
        connection.TryShutdownSend();
        return await connection.ReceiveToEndAsync();
    }

    private static byte[] Noise(Random random)
    {
        var noise = new byte[random.Next(1, 2000)];
        random.NextBytes(noise);
        return noise;
    }

    private static byte[] Mutate(Random random)
    {
        var bytes = Encoding.Latin1.GetBytes(Requests[random.Next(Requests.Length)] + Requests[random.Next(Requests.Length)]).ToList();
        for (var change = random.Next(0, 6); change > 0; change--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveAt(at);
                    break;
                case 2:
                    bytes.Insert(at, (byte)"\r\n :0,;\0\xff"[random.Next(9)]);
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 30), bytes.Count - at)));
                    break;
            }
        }
        return [.. bytes];
    }

    [GeneratedRegex(@"HTTP/1\.1 (\d{3}) ")]
    private static partial Regex StatusLine();
}
