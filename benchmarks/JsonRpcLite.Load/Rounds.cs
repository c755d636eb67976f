using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>Lets each candidate take its turn, round after round, and keeps what every round found.</summary>
internal static class Rounds
{
    /// <summary>A round is cut into slices, and each candidate gets every n-th: what else goes on in the machine then meets all of them alike.</summary>
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(0.2);

    public static List<Finding> Run(string title, IReadOnlyList<Candidate> candidates, Options options, Func<Candidate, TimeSpan, (long Calls, Usage Used)> turn)
    {
        foreach (var candidate in candidates)
        {
            Progress.Say($"{title}: warming up {candidate.Name}");
            turn(candidate, TimeSpan.FromSeconds(options.WarmUp));
        }
        var findings = candidates.Select(c => new Finding(c.Name)).ToList();
        for (var round = 1; round <= options.Rounds; round++)
        {
            Progress.Say($"{title}: round {round} of {options.Rounds}");
            var sums = new (long Calls, Usage Used)[candidates.Count];
            for (var spent = TimeSpan.Zero; spent.TotalSeconds < options.Seconds; spent += Slice)
            {
                for (var i = 0; i < candidates.Count; i++)
                {
                    var (calls, used) = turn(candidates[i], Slice);
                    sums[i] = (sums[i].Calls + calls, sums[i].Used + used);
                }
            }
            for (var i = 0; i < candidates.Count; i++)
                findings[i].Add(sums[i].Used.Microseconds / sums[i].Calls, (double)sums[i].Used.Bytes / sums[i].Calls);
        }
        return findings;
    }
}

/// <summary>What the rounds found of one candidate.</summary>
internal sealed class Finding(string name)
{
    private readonly List<double> _microseconds = [];
    private readonly List<double> _bytes = [];

    public string Name => name;

    public double Microseconds => Median(_microseconds);

    public double Bytes => Median(_bytes);

    public string Spread => string.Create(CultureInfo.InvariantCulture, $"{_microseconds.Min():0.0} to {_microseconds.Max():0.0}");

    public void Add(double microseconds, double bytes)
    {
        _microseconds.Add(microseconds);
        _bytes.Add(bytes);
    }

    public static double Median(IReadOnlyCollection<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>What is going on, for whoever waits.</summary>
internal static class Progress
{
    private static readonly long Began = System.Diagnostics.Stopwatch.GetTimestamp();

    public static void Say(string text) => Console.Error.WriteLine($"[{System.Diagnostics.Stopwatch.GetElapsedTime(Began):mm\\:ss}] {text}");
}
