using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;

namespace JsonRpcLite;

/// <summary>
/// The span and the duration of one call on a server. Used again with its request, so that metrics alone allocate nothing. It ends once: with the reply, or with the early reply of
/// another thread.
/// </summary>
internal sealed class CallMeasure
{
    private const int MaxIdSize = 64;

    private TimeProvider _clock = TimeProvider.System;
    private long _began;
    private string _method = "";
    private Activity? _activity;
    private int _hasEnded;

    /// <summary>The code of the error that the call is answered with; <c>null</c> for a result.</summary>
    public int? ErrorCode { get; set; }

    /// <param name="clock">The server's clock.</param>
    /// <param name="began">When the call began, by the clock.</param>
    /// <param name="method">The registered name; <c>null</c> where there is none.</param>
    public void Begin(TimeProvider clock, long began, string? method)
    {
        (_clock, _began, _method, ErrorCode, _activity) = (clock, began, method ?? RpcTelemetry.OtherMethod, null, null);
        Volatile.Write(ref _hasEnded, 0);
    }

    /// <summary>The call is answered. The first of two ends decides how.</summary>
    public void End() => End(ErrorCode);

    /// <summary>The same, for an answer that was made beside the call.</summary>
    public void End(int? errorCode)
    {
        if (Interlocked.Exchange(ref _hasEnded, 1) != 0)
            return;
        var duration = _clock.GetElapsedTime(_began);
        var error = errorCode is { } code ? MeasuredCodes.OfServers.TextOf(code) : null;
        if (RpcTelemetry.ServerDuration.Enabled)
        {
            var (system, method) =
                (new KeyValuePair<string, object?>(RpcTelemetry.System, RpcTelemetry.JsonRpcSystem), new KeyValuePair<string, object?>(RpcTelemetry.Method, _method));
            // A list of tags costs as much as all the rest: most calls have two.
            if (error is null)
                RpcTelemetry.ServerDuration.Record(duration.TotalSeconds, system, method);
            else
                RpcTelemetry.ServerDuration.Record(duration.TotalSeconds, new TagList { system, method, { RpcTelemetry.StatusCode, error }, { RpcTelemetry.ErrorType, error } });
        }
        if (_activity is { } activity)
            TraceSpan.End(activity, duration, error, errorCode);
    }

    /// <summary>Begins the span too, and makes it the current activity.</summary>
    /// <param name="exchange">What brought the call.</param>
    /// <param name="original">The name as it came, for one that is not registered; <c>null</c> where none came.</param>
    /// <param name="id">The id's JSON text; empty for a notification.</param>
    /// <param name="acceptsBaggage">Whether the peer's baggage is taken.</param>
    public void BeginSpan(HttpExchange exchange, string? original, ReadOnlySpan<byte> id, bool acceptsBaggage)
    {
        var isKnown = _method != RpcTelemetry.OtherMethod;
        var tags = new List<KeyValuePair<string, object?>>(4) { new(RpcTelemetry.System, RpcTelemetry.JsonRpcSystem), new(RpcTelemetry.Method, _method) };
        TraceSpan.AddServer(tags, exchange);
        _activity = TraceSpan.BeginOnServer(exchange, isKnown ? _method : RpcTelemetry.JsonRpcSystem, tags, _clock, _began, acceptsBaggage);
        if (_activity is not { IsAllDataRequested: true } activity)
            return;
        activity.SetTag(RpcTelemetry.ProtocolVersion, "2.0");
        if (original is not null)
            activity.SetTag(RpcTelemetry.OriginalMethod, PeerText.Shown(original));
        if (!id.IsEmpty && !id.SequenceEqual("null"u8))
            activity.SetTag(RpcTelemetry.RequestId, TextOf(id));
        if (exchange.RemoteEndPoint is IPEndPoint peer)
        {
            activity.SetTag(RpcTelemetry.PeerAddress, peer.Address.ToString());
            // A proxy that says who called it rarely says from which port.
            if (peer.Port != 0)
                activity.SetTag(RpcTelemetry.PeerPort, peer.Port);
        }
    }

    private static string TextOf(ReadOnlySpan<byte> id)
    {
        if (id.Length > MaxIdSize)
            return PeerText.Shown(Encoding.UTF8.GetString(id[..MaxIdSize]));
        var reader = new Utf8JsonReader(id);
        return reader.Read() && reader.TokenType == JsonTokenType.String ? PeerText.Shown(reader.GetString()!) : Encoding.UTF8.GetString(id);
    }
}
