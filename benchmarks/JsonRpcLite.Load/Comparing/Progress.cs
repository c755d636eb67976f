using System.Diagnostics;
using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>Says on the standard error stream how far it is, while it runs.</summary>
internal sealed class Progress(TimeSpan expected)
{
    private readonly long _began = Stopwatch.GetTimestamp();
    private TimeSpan _spent;

    /// <summary>That much of what was expected is done, however long it took.</summary>
    public void Spend(TimeSpan time) => _spent += time;

    public void Say(string what)
    {
        // Connections are opened, processes started and slow servers waited for besides; how much that is shows after a while.
        var elapsed = Stopwatch.GetElapsedTime(_began);
        var slowness = _spent.TotalSeconds < 5 ? 1.2 : Math.Clamp(elapsed / _spent, 1, 5);
        var remaining = (expected - _spent).TotalSeconds * slowness;
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{elapsed:mm\\:ss}, about {Math.Max(0, remaining) / 60:0.0} min left] {what}"));
    }
}
