using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>The cost and the duration of a batch, compared with its calls one after another.</summary>
internal sealed class BatchesPart()
    : Part("batches", "what a batch of 10, 100 and 1,000 calls costs, and how long it takes, against its calls one after another; without a transport")
{
    private static readonly (int Calls, int CallTime, string Title)[] Batches =
        [(10, 0, "10 `subtract`"), (100, 0, "100 `subtract`"), (1_000, 0, "1,000 `subtract`"), (8, 500, "8 calls of 500 us"), (8, 20, "8 calls of 20 us")];

    public override TimeSpan Expect(Options options) => 2 * Batches.Length * (options.WarmUp + TimeSpan.FromSeconds(options.Rounds * options.Seconds));

    public override Section Run(Options options, Progress progress)
    {
        var table = new Table("batch", "CPU us, one after another", "by default", "ratio", "us until the reply, one after another", "by default", "ratio");
        foreach (var (calls, callTime, title) in Batches)
        {
            var waits = new List<Series> { new(), new() };
            using var serial = Start(calls, callTime, parallelism: 1);
            using var usual = Start(calls, callTime, parallelism: 0);
            var contest = new Contest($"{Name}, {title}", [Entrant("one after another", serial, waits[0]), Entrant("by default", usual, waits[1])], progress);
            contest.WarmUp(options.WarmUp);
            waits.ForEach(wait => wait.Clear());
            var scores = contest.Run(options.Rounds, options.Seconds, Slice);
            table.Add([title, Series.Format(scores[0].Microseconds.Median, "0.0"), Series.Format(scores[1].Microseconds.Median, "0.0"), scores[1].RatioTo(scores[0]),
                Series.Format(waits[0].Median, "0.0"), Series.Format(waits[1].Median, "0.0"), Series.Format(waits[1].Median / waits[0].Median, "0.00")]);
        }
        return new Section(Name, $"\n{table}\n{Circumstances(options, "Free on all cores, with the runtime's default settings.")}\n");
    }

    private static Child Start(int calls, int callTime, int parallelism) =>
        new($"batches of {calls}", Cores.Start(Placement.Free, Cores.OfTheLoad,
            ThisProgram.Command(usesAspNetCore: false, "process", "batches", $"{calls}", $"{callTime}", $"{parallelism}")));

    private static Entrant Entrant(string title, Child process, Series waits) => new(title, time =>
    {
        var answer = process.Ask(time.TotalSeconds.ToString(CultureInfo.InvariantCulture)).Split(' ', 3);
        waits.Add(double.Parse(answer[1], CultureInfo.InvariantCulture));
        return new Sample(long.Parse(answer[0], CultureInfo.InvariantCulture), Usage.Parse(answer[2]));
    });
}
