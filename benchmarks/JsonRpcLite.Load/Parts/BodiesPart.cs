using System.Globalization;
using System.Text;

namespace JsonRpcLite.Load;

/// <summary>How the cost of a call and the peak memory grow with the size of the body, for bodies of three kinds.</summary>
internal sealed class BodiesPart()
    : Part("bodies", "the same with bodies of 1 kB, 100 kB and 1 MB: plain text, text with escapes and emoji, rows; and 100 MB, with the memory at its highest")
{
    private static readonly (int Bytes, string Title)[] Sizes = [(1_000, "1 kB"), (100_000, "100 kB"), (1_000_000, "1 MB")];
    private static readonly (int Bytes, string Title) Huge = (100_000_000, "100 MB");

    private static readonly (Func<int, Workload> OfSize, string Title, bool HasHuge)[] Kinds =
    [
        (Workload.OfAscii, "a string of ASCII letters", true),
        (Workload.OfText, "a string with escapes, umlauts and emoji", false),
        (Workload.OfRows, "an array of objects with five members", false),
    ];

    /// <summary>There are many bodies, and their calls are long.</summary>
    private static int Rounds(Options options) => Math.Min(options.Rounds, 3);

    private static TimeSpan WarmUp(Options options) => options.WarmUp / 3;

    /// <summary>The servers that can echo.</summary>
    private static List<Server> Chosen(Options options) => [.. Server.For(Workload.Echo, options).Where(server => server.Name != FixedReplyServer.Name)];

    public override TimeSpan Expect(Options options) => Chosen(options).Count
        * (Kinds.Length * Sizes.Length * (WarmUp(options) + TimeSpan.FromSeconds(Rounds(options) * options.Seconds)) + TimeSpan.FromSeconds(Rounds(options)));

    public override Section Run(Options options, Progress progress)
    {
        var servers = Chosen(options);
        if (servers.Count == 0)
            return new Section(Name, "");
        var text = new StringBuilder();
        foreach (var (ofSize, title, hasHuge) in Kinds)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n**Echo of {title}, CPU us a call (lowest to highest; ratio to {servers[0].Title})**\n\n");
            text.Append(Compare(servers, ofSize, hasHuge, options, progress));
        }
        var how = string.Create(CultureInfo.InvariantCulture, $"Medians of {Rounds(options)} rounds of {options.Seconds} s each, of {Huge.Title} of 1 s, in turns.");
        return new Section(Name, $"{text}\n{how} {FreeOnAllCores} One connection, one call after another. Measured {Machine.Description}.\n");
    }

    private string Compare(List<Server> servers, Func<int, Workload> ofSize, bool hasHuge, Options options, Progress progress)
    {
        var rows = servers.ToDictionary(server => server.Title, server => new List<string> { server.Title });
        var all = new List<Score>();
        foreach (var (bytes, title) in hasHuge ? [.. Sizes, Huge] : Sizes)
        {
            var workload = ofSize(bytes);
            var running = new List<RunningServer>();
            var callers = new List<BodyCaller>();
            try
            {
                running.AddRange(servers.Select(server => new RunningServer(server, Workload.Echo)));
                callers.AddRange(running.Select(server => new BodyCaller(server, workload)));
                var contest = new Contest(
                    $"{Name}, {title}", [.. running.Zip(callers, (server, caller) => new Entrant(server.Server.Title, time => server.Measure(() => caller.Run(time))))], progress);
                // A huge body has no warm-up, so that the memory of one call is measured separately from what many calls leave behind.
                var isHuge = bytes == Huge.Bytes;
                contest.WarmUp(isHuge ? TimeSpan.Zero : WarmUp(options));
                var afterOne = running.ConvertAll(server => server.Peak);
                var scores = isHuge ? contest.Run(Rounds(options), 1, TimeSpan.FromSeconds(1)) : contest.Run(Rounds(options), options.Seconds, Slice);
                all.AddRange(scores);
                foreach (var score in scores)
                    rows[score.Title].Add(score.Failure is null ? score.Summarize(bytes < 10_000 ? "0.0" : "0", scores[0]) : "-");
                if (!isHuge)
                    continue;
                foreach (var (server, peak) in running.Zip(afterOne))
                    rows[server.Server.Title].AddRange([Times(peak, bytes), Times(server.Peak, bytes)]);
            }
            finally
            {
                callers.ForEach(caller => caller.Dispose());
                running.ForEach(server => server.Dispose());
            }
        }
        string[] ofHuge = hasHuge ? [Huge.Title, $"MB at the highest, after one call of {Huge.Title} (times the body)", "after all calls"] : [];
        var table = new Table(["server", .. Sizes.Select(size => size.Title), .. ofHuge]);
        foreach (var row in rows.Values)
            table.Add(row);
        return $"{table}{Failures(all)}";
    }

    private static string Times(double peak, int bytes) => $"{Megabytes(peak)} ({Series.Format(peak / bytes, "0.0")})";
}
