using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace JsonRpcLite.Tests;

/// <summary>Listens to traces and metrics of the library, and keeps those of one test, by its traces and its method names.</summary>
internal sealed class TelemetryProbe : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ActivityListener _spans;
    private readonly MeterListener _metrics = new();
    private readonly ConcurrentDictionary<string, byte> _methods = [];
    private readonly ConcurrentQueue<Activity> _ended = [];
    private readonly ConcurrentQueue<Measured> _measured = [];

    public TelemetryProbe()
    {
        _spans = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "JsonRpcLite",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.TraceId == Trace || options.Tags?.Any(IsMine) == true ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = activity =>
            {
                // Values that other tests have requested arrive here too.
                if (activity.TraceId == Trace || activity.TagObjects.Any(IsMine))
                    _ended.Enqueue(activity);
            },
        };
        ActivitySource.AddActivityListener(_spans);
        _metrics.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "JsonRpcLite")
                listener.EnableMeasurementEvents(instrument);
        };
        _metrics.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _metrics.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _metrics.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _metrics.Start();
    }

    /// <summary>The test's own trace.</summary>
    public ActivityTraceId Trace { get; } = ActivityTraceId.CreateRandom();

    /// <summary>The parent span of the test's calls.</summary>
    public ActivitySpanId Parent { get; } = ActivitySpanId.CreateRandom();

    public string TraceParent => $"00-{Trace}-{Parent}-01";

    public IReadOnlyCollection<Activity> Spans => _ended;

    /// <summary>All measurements since the test began, including those of other tests.</summary>
    public IReadOnlyCollection<Measured> Measurements => _measured;

    /// <summary>A method name that no other test uses.</summary>
    public string Name(string name)
    {
        name = $"{name}.{Trace}";
        _methods[name] = 0;
        return name;
    }

    /// <summary>Waits until a number of spans have ended, and returns them in the order of their ends.</summary>
    public IReadOnlyList<Activity> Await(int spans)
    {
        SpinWait.SpinUntil(() => _ended.Count >= spans, Patience);
        return [.. _ended];
    }

    /// <summary>Waits for the measurements of an instrument that belong to this test, by a method's name.</summary>
    public IReadOnlyList<Measured> AwaitMeasurements(string instrument, string method, int count)
    {
        IEnumerable<Measured> mine = _measured.Where(m => m.Instrument == instrument && Equals(m["rpc.method"], method));
        SpinWait.SpinUntil(() => mine.Count() >= count, Patience);
        return [.. mine];
    }

    /// <summary>Reads the observable instruments.</summary>
    public void ReadGauges() => _metrics.RecordObservableInstruments();

    public void Dispose()
    {
        _spans.Dispose();
        _metrics.Dispose();
    }

    private bool IsMine(KeyValuePair<string, object?> tag) => tag is { Key: "rpc.method", Value: string method } && _methods.ContainsKey(method);

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => _measured.Enqueue(new Measured(instrument.Name, value, [.. tags]));
}

/// <summary>One measurement with its attributes.</summary>
internal sealed record Measured(string Instrument, double Value, IReadOnlyList<KeyValuePair<string, object?>> Tags)
{
    public object? this[string name] => Tags.FirstOrDefault(tag => tag.Key == name).Value;
}
