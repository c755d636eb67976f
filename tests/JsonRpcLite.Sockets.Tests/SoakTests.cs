using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Sockets.Tests;

public sealed class SoakOnEventLoops() : SoakTests(eventLoops: 2);

public sealed class SoakOnTheThreadPool() : SoakTests(eventLoops: 0);

/// <summary>
/// Good, bad, aborting and slow clients at the same time, against a server in its own process. SOAK_ROUNDS sets the number of rounds, which by default suits a test
/// run; .ci/long sets more, which take minutes.
/// </summary>
public abstract class SoakTests(int eventLoops)
{
    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("SOAK_ROUNDS") ?? "150", System.Globalization.CultureInfo.InvariantCulture);

    [Fact]
    public async Task Every_reply_to_a_valid_request_is_correct_and_nothing_is_left_behind()
    {
        using var server = await ServerProcess.StartAsync(eventLoops: eventLoops);
        await server.ShouldServeAsync();
        var port = server.Address.Port;
        // A first round warms it up, so that what it keeps for ever is allocated before the count begins.
        await Task.WhenAll(Clients(port, rounds: 20));
        var filesBefore = server.OpenFiles;
        var memoryBefore = await server.CollectAsync();

        await Task.WhenAll(Clients(port, Rounds));

        SpinWait.SpinUntil(() => server.OpenFiles <= filesBefore + 2, TimeSpan.FromSeconds(30))
            .Should().BeTrue($"no socket is left behind: {filesBefore} files before, {server.OpenFiles} now");
        (await server.CollectAsync()).Should().BeLessThan(memoryBefore + 4_000_000, "no memory is left behind");
        await server.ShouldServeAsync();
        (await server.EndAsync()).Should().Be(0);
        (await server.Errors).Should().BeEmpty("nothing unexpected happened to it");
    }

    private static IEnumerable<Task> Clients(int port, int rounds)
    {
        for (var client = 0; client < 4; client++)
        {
            yield return GoodAsync(port, client, rounds);
            yield return GoodButSlowAsync(port, client, rounds / 10);
        }
        yield return BadAsync(port, rounds);
        yield return AbortingAsync(port, rounds);
    }

    private static async Task GoodAsync(int port, int client, int rounds)
    {
        var random = new Random(client);
        using var connection = await RawConnection.OpenAsync(port);
        for (var round = 0; round < rounds; round++)
        {
            // Each reply must belong to this client and this round, whatever the others do; several at a time, of very different sizes.
            var bodies = Enumerable.Range(0, random.Next(1, 5))
                .Select(i => $"{{\"client\":{client},\"round\":{round},\"i\":{i},\"text\":\"{new string((char)('a' + random.Next(26)), random.Next(20) == 0 ? 100_000 : random.Next(100))}\"}}")
                .ToList();
            var sending = Task.Run(async () =>
            {
                foreach (var body in bodies)
                    await connection.SendAsync(RawRequest.Post(body));
            });
            foreach (var body in bodies)
                (await connection.ReceiveAsync())!.Text.Should().Be($"{{\"echo\":{body}}}");
            await sending;
        }
    }

    private static async Task GoodButSlowAsync(int port, int client, int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            using var connection = await RawConnection.OpenAsync(port);
            var body = $"[\"slow\",{client},{round}]";
            foreach (var piece in $"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {body.Length}\r\n\r\n{body}".Chunk(7))
            {
                await connection.SendAsync(new string(piece));
                await Task.Yield();
            }
            (await connection.ReceiveAsync())!.Text.Should().Be($"{{\"echo\":{body}}}");
        }
    }

    private static async Task BadAsync(int port, int rounds)
    {
        string[] bad =
        [
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\0\0\0\0",
            "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n7",
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        ];
        for (var round = 0; round < rounds; round++)
        {
            using var connection = await RawConnection.OpenAsync(port);
            await connection.SendAsync(bad[round % bad.Length]);
            connection.TryShutdownSend();
            (await connection.ReceiveToEndAsync()).Should().MatchRegex("^HTTP/1.1 [45]0[015] ");
        }
    }

    private static async Task AbortingAsync(int port, int rounds)
    {
        var request = Encoding.UTF8.GetBytes($"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300002\r\n\r\n\"{new string('x', 300_000)}\"");
        for (var round = 0; round < rounds; round++)
        {
            using var connection = await RawConnection.OpenAsync(port);
            try
            {
                await connection.SendAsync(request[..((round * 7919) % request.Length)]);
                if (round % 3 == 0)
                    await connection.SendAsync(RawRequest.Post(JsonValue.Create("again")!.ToJsonString()));
            }
            catch (SocketException)
            {
                // The server has refused it already: this client sends nonsense.
            }
            connection.Reset();
        }
    }
}
