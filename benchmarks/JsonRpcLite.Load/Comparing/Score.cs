namespace JsonRpcLite.Load;

/// <summary>The results of one entrant: per call, with one figure for each round.</summary>
internal sealed class Score(string title)
{
    public string Title => title;

    public Series Microseconds { get; } = new();

    public Series Bytes { get; } = new();

    public Series Switches { get; } = new();

    /// <summary>The reason for its failure; <c>null</c> while there is none.</summary>
    public string? Failure { get; set; }

    public void Add(Sample round)
    {
        Microseconds.Add(round.Used.Microseconds / round.Calls);
        Bytes.Add(round.Used.Bytes / round.Calls);
        Switches.Add(round.Used.Switches / round.Calls);
    }

    /// <summary>One cell of a table: the median of the time, its spread, and its ratio to another's.</summary>
    public string Summarize(string format, Score measure) => $"{Series.Format(Microseconds.Median, format)} ({Microseconds.Spread(format)}; {RatioTo(measure)})";

    public string RatioTo(Score measure) => Series.Format(Microseconds.Median / measure.Microseconds.Median, "0.00");
}
