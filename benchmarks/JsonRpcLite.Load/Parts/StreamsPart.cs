using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace JsonRpcLite.Load;

/// <summary>The cost of an item of a stream, from the method to a reader that only reads, both in this process.</summary>
internal sealed class StreamsPart() : Part("streams", "what an item of a stream of 100,000 costs, beside ASP.NET Core's own server-sent events on Kestrel")
{
    private const int Items = 100_000;

    public override TimeSpan Expect(Options options) => 3 * (options.WarmUp + TimeSpan.FromSeconds(options.Rounds * options.Seconds));

    public override Section Run(Options options, Progress progress)
    {
        var methods = new JsonRpcMethods().Add("rows", (int count) => RowsAsync(count));
        using var onSockets = JsonRpc.MakeServer(0, methods, new() { Transport = new SocketTransport() });
        using var onListener = JsonRpc.MakeServer(0, new JsonRpcMethods().Add("rows", (int count) => RowsAsync(count)));
        var kestrel = KestrelServer.Start(app => app.MapPost("/", () => TypedResults.ServerSentEvents(RowsAsync(Items))));
        var entrants = new (string Title, int Port)[]
        {
            ("Kestrel, `TypedResults.ServerSentEvents`", kestrel),
            ("JsonRpcLite on sockets", onSockets.Address.Port),
            ("JsonRpcLite on HttpListener", onListener.Address.Port),
        };
        var contest = new Contest(Name, [.. entrants.Select(entrant => new Entrant(entrant.Title, time => Take(entrant.Port, time)))], progress);
        contest.WarmUp(options.WarmUp);
        var scores = contest.Run(options.Rounds, options.Seconds, TimeSpan.FromSeconds(options.Seconds));
        var table = new Table("server", "CPU us an item (lowest to highest; ratio)", "B an item", "ms to the first item, after the warm-up");
        foreach (var (score, entrant) in scores.Zip(entrants))
            table.Add([score.Title, score.Summarize("0.00", scores[0]), Series.Format(score.Bytes.Median, "0"), Series.Format(FirstItem(entrant.Port), "0.00")]);
        return new Section(
            Name, $"\n{table}{Failures(scores)}\n{Circumstances(options, "The CPU is that of server and reader together. Each item of JsonRpcLite is a whole JSON-RPC message of about 100 bytes; Kestrel's is the bare row, of 34.")}\n");
    }

    private static async IAsyncEnumerable<Row> RowsAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            // As in a source that is sometimes asynchronous.
            if (i % 100 == 99)
                await Task.Yield();
            yield return new Row(i, "a row");
        }
    }

    /// <summary>Reads whole streams until the time has expired, at least one.</summary>
    private static Sample Take(int port, TimeSpan time)
    {
        var before = Usage.OfThisProcess();
        var (items, began) = (0L, Stopwatch.GetTimestamp());
        do
        {
            using var socket = Open(port);
            var buffer = new byte[64 * 1024];
            var events = 0L;
            while (socket.Receive(buffer) is var count and > 0)
                events += Count(buffer.AsSpan(0, count));
            if (events < Items)
                throw new IOException($"The stream ended after {events} items.");
            items += Items;
        }
        while (Stopwatch.GetElapsedTime(began) < time);
        return new Sample(items, Usage.OfThisProcess() - before);
    }

    /// <summary>The letter is in the name of each row, once, and nowhere else.</summary>
    private static int Count(ReadOnlySpan<byte> text) => text.Count((byte)'w');

    private static double FirstItem(int port)
    {
        var times = new List<double>();
        for (var i = 0; i < 21; i++)
        {
            var began = Stopwatch.GetTimestamp();
            using var socket = Open(port);
            var (text, buffer) = ("", new byte[4096]);
            while (!text.Contains("data:", StringComparison.Ordinal) && socket.Receive(buffer) is var count and > 0)
                text += Encoding.ASCII.GetString(buffer, 0, count);
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }
        times.Sort();
        return times[times.Count / 2];
    }

    private static Socket Open(int port)
    {
        const string body = """{"jsonrpc":"2.0","method":"rows","params":[100000],"id":1}""";
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 30_000 };
        socket.Connect(IPAddress.Loopback, port);
        socket.Send(
            Encoding.ASCII.GetBytes(
                $"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\nConnection: close\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
        return socket;
    }

    private sealed record Row(int Number, string Name);
}
