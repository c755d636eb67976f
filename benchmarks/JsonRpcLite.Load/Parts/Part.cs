namespace JsonRpcLite.Load;

/// <summary>One question of the comparison, with its own section in the report.</summary>
internal abstract class Part(string name, string what)
{
    public static readonly IReadOnlyList<Part> All = [new DispatchPart(), new ThreadsPart(), new BatchesPart(), new ServersPart(), new TunedPart(), new LatencyPart(),
        new ConnectionsPart(), new ClientsPart(), new PairsPart(), new BodiesPart(), new StreamsPart(), new StartPart()];

    /// <summary>The length of a slice of a round.</summary>
    /// <remarks>It is long enough to outweigh querying the kernel, and short enough that the machine hardly changes in it.</remarks>
    protected static readonly TimeSpan Slice = TimeSpan.FromSeconds(0.2);

    /// <summary>The placement of processes, as text below a table.</summary>
    protected const string FreeOnAllCores = "Server and load are free on all cores, with the runtime's default settings.";

    public string Name => name;

    public string What => what;

    /// <summary>The approximate total time of all slices.</summary>
    public abstract TimeSpan Expect(Options options);

    public abstract Section Run(Options options, Progress progress);

    /// <summary>The circumstances of a measurement, as text below a table.</summary>
    protected static string Circumstances(Options options, string also) =>
        FormattableString.Invariant($"Medians of {options.Rounds} rounds of {options.Seconds} s each, in turns. {also} Measured {Machine.Description}.");

    /// <summary>The failures, as text below a table.</summary>
    protected static string Failures(IEnumerable<Score> scores) =>
        string.Concat(scores.Where(score => score.Failure is not null).Select(score => $"\n{score.Title} failed: {score.Failure}\n"));

    protected static string Megabytes(double bytes) => Series.Format(bytes / 1e6, "0");
}
