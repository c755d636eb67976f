using System.Globalization;
using System.Net.Sockets;

namespace JsonRpcLite.Load;

/// <summary>Runs all entrants alternately, round after round.</summary>
/// <remarks>
/// A round is cut into slices, and each entrant gets every n-th slice, so that other load of the machine affects all of them alike. An entrant that fails is removed, and the
/// others continue.
/// </remarks>
internal sealed class Contest(string title, IReadOnlyList<Entrant> entrants, Progress progress)
{
    private const int EnoughCalls = 3_000;
    private const int MostRepeats = 3;

    private readonly Dictionary<Entrant, Score> _scores = entrants.ToDictionary(entrant => entrant, entrant => new Score(entrant.Title));

    /// <summary>The scores, in the order of the entrants.</summary>
    public List<Score> Scores => [.. entrants.Select(entrant => _scores[entrant])];

    /// <summary>Warms each entrant up for a time, and again while it has made too few calls for its code to be fully optimized.</summary>
    public void WarmUp(TimeSpan time)
    {
        foreach (var entrant in entrants)
        {
            progress.Say($"{title}: warming up {entrant.Title}");
            var calls = Take(entrant, time)?.Calls;
            for (var again = 0; calls < EnoughCalls && again < MostRepeats && time > TimeSpan.Zero; again++)
                calls += Take(entrant, time)?.Calls;
        }
    }

    public List<Score> Run(int rounds, double seconds, TimeSpan slice)
    {
        for (var round = 1; round <= rounds; round++)
        {
            var sums = new Dictionary<Entrant, Sample>();
            for (var spent = 0.0; spent < seconds; spent += slice.TotalSeconds)
            {
                foreach (var entrant in entrants)
                {
                    if (Take(entrant, slice) is { } sample)
                        sums[entrant] = sums.TryGetValue(entrant, out var sum) ? sum + sample : sample;
                }
            }
            foreach (var (entrant, sum) in sums)
            {
                _scores[entrant].Add(sum);
                progress.Say(string.Create(CultureInfo.InvariantCulture,
                    $"{title}: round {round} of {rounds}, {entrant.Title}: {sum.Calls} calls, {sum.Used.Microseconds / sum.Calls:0.00} us each"));
            }
        }
        return Scores;
    }

    private Sample? Take(Entrant entrant, TimeSpan time)
    {
        var score = _scores[entrant];
        if (score.Failure is not null)
            return null;
        try
        {
            return entrant.Take(time);
        }
        catch (Exception e) when (e is IOException or TimeoutException or SocketException)
        {
            score.Failure = e.Message;
            progress.Say($"{title}: {entrant.Title} has failed and is out: {e.Message}");
            return null;
        }
        finally
        {
            progress.Spend(time);
        }
    }
}
