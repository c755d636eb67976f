using System.Diagnostics;
using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>Reports progress on the standard error stream.</summary>
internal sealed class Progress(TimeSpan expected)
{
    private readonly long _began = Stopwatch.GetTimestamp();
    private TimeSpan _spent;

    /// <summary>Adds a part of the expected time, however long it has actually taken.</summary>
    public void Spend(TimeSpan time) => _spent += time;

    public void Say(string what)
    {
        // The share of other work, such as opening connections, starting processes and waiting for slow servers, is known only after a while.
        var elapsed = Stopwatch.GetElapsedTime(_began);
        var slowness = _spent.TotalSeconds < 5 ? 1.2 : Math.Clamp(elapsed / _spent, 1, 5);
        var remaining = (expected - _spent).TotalSeconds * slowness;
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{elapsed:mm\\:ss}, about {Math.Max(0, remaining) / 60:0.0} min left] {what}"));
    }
}
