namespace JsonRpcLite;

/// <summary>The name under which servers and clients publish traces (<see cref="System.Diagnostics.ActivitySource"/>) and metrics (<see cref="System.Diagnostics.Metrics.Meter"/>).</summary>
/// <remarks>
/// Names and attributes follow OpenTelemetry's semantic conventions for RPC, which are not stable yet: they may change until the conventions are. Without a listener, a call allocates nothing for them.
/// </remarks>
/// <example>
/// <code>
/// using var traces = Sdk.CreateTracerProviderBuilder().AddSource(JsonRpcTelemetry.Name).AddOtlpExporter().Build();
/// using var metrics = Sdk.CreateMeterProviderBuilder().AddMeter(JsonRpcTelemetry.Name).AddOtlpExporter().Build();
/// </code>
/// </example>
public static class JsonRpcTelemetry
{
    /// <summary>The name of the activity source and of the meter: <c>JsonRpcLite</c>.</summary>
    public const string Name = "JsonRpcLite";
}
