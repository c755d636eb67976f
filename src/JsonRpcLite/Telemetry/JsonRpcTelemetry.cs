namespace JsonRpcLite;

/// <summary>The names under which servers and clients publish traces and metrics.</summary>
/// <remarks>
/// They publish traces by an <see cref="System.Diagnostics.ActivitySource"/>, and metrics by a <see cref="System.Diagnostics.Metrics.Meter"/>. Names and attributes follow
/// version 1.45 of OpenTelemetry's semantic conventions for RPC and JSON-RPC. The conventions for JSON-RPC are not stable yet: attributes that begin with <c>jsonrpc.</c> may
/// change. Without a listener, a call allocates nothing for telemetry.
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

    /// <summary>The schema of names and attributes: version 1.45 of OpenTelemetry's conventions.</summary>
    public const string SchemaUrl = "https://opentelemetry.io/schemas/1.45.0";
}
