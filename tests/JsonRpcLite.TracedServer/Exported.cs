using System.Diagnostics;
using System.Globalization;
using OpenTelemetry.Metrics;

namespace JsonRpcLite.TracedServer;

/// <summary>The telemetry that OpenTelemetry's SDK has exported in one process, as text for another process.</summary>
public sealed record Exported(IReadOnlyList<ExportedSpan> Spans, IReadOnlyList<ExportedPoint> Points)
{
    public static Exported From(IEnumerable<Activity> spans, IEnumerable<Metric> metrics) => new([.. spans.Select(ExportedSpan.From)], [.. metrics.SelectMany(ExportedPoint.From)]);
}

/// <summary>One span.</summary>
public sealed record ExportedSpan(
    string Source, string Name, string Kind, string TraceId, string SpanId, string ParentId, string Status, IReadOnlyDictionary<string, string> Attributes)
{
    /// <summary>The parent id of a span without a parent.</summary>
    public const string NoParent = "0000000000000000";

    public static ExportedSpan From(Activity span) => new(
        span.Source.Name, span.DisplayName, span.Kind.ToString(), span.TraceId.ToString(), span.SpanId.ToString(), span.ParentSpanId.ToString(), span.Status.ToString(),
        span.TagObjects.ToDictionary(tag => tag.Key, tag => Text.Of(tag.Value)));
}

/// <summary>One series of a metric, with the number of measurements: the count of a histogram, the value of any other metric.</summary>
public sealed record ExportedPoint(string Metric, string Unit, long Count, IReadOnlyDictionary<string, string> Attributes)
{
    public static IEnumerable<ExportedPoint> From(Metric metric)
    {
        foreach (ref readonly var point in metric.GetMetricPoints())
            yield return From(metric, in point);
    }

    private static ExportedPoint From(Metric metric, ref readonly MetricPoint point)
    {
        var attributes = new Dictionary<string, string>();
        foreach (var (name, value) in point.Tags)
            attributes[name] = Text.Of(value);
        return new ExportedPoint(metric.Name, metric.Unit, metric.MetricType == MetricType.Histogram ? point.GetHistogramCount() : point.GetSumLong(), attributes);
    }
}

internal static class Text
{
    public static string Of(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
