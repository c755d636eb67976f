using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;

namespace JsonRpcLite;

/// <summary>The span and the duration of one call on a server.</summary>
/// <remarks>The object is reused with its request, so that metrics alone allocate nothing. It ends once: with the reply, or with the early reply of another thread.</remarks>
internal sealed class CallMeasure
{
    private const int MaxIdSize = 64;

    private TimeProvider _clock = TimeProvider.System;
    private long _began;
    private string _method = "";
    private Activity? _activity;
    private int _hasEnded;

    /// <summary>The code of the error in the answer; <c>null</c> for a result.</summary>
    public int? ErrorCode { get; set; }

    /// <param name="clock">The server's clock.</param>
    /// <param name="began">The timestamp of the beginning of the call, by the clock.</param>
    /// <param name="method">The registered name; <c>null</c> for an unknown method.</param>
    public void Begin(TimeProvider clock, long began, string? method)
    {
        (_clock, _began, _method, ErrorCode, _activity) = (clock, began, method ?? RpcTelemetry.OtherMethod, null, null);
        Volatile.Write(ref _hasEnded, 0);
    }

    /// <summary>Ends the measurement when the call is answered; of two calls only the first has an effect.</summary>
    public void End() => End(ErrorCode);

    /// <summary>Ends the measurement with the error code of an answer; <c>null</c> for a result.</summary>
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
            // A tag list costs as much as all the rest, and most calls need only two tags.
            if (error is null)
                RpcTelemetry.ServerDuration.Record(duration.TotalSeconds, system, method);
            else
                RpcTelemetry.ServerDuration.Record(duration.TotalSeconds, new TagList { system, method, { RpcTelemetry.StatusCode, error }, { RpcTelemetry.ErrorType, error } });
        }
        if (_activity is { } activity)
            TraceSpan.End(activity, duration, error, errorCode);
    }

    /// <summary>Begins the span, and makes it the current activity.</summary>
    /// <param name="exchange">The exchange of the call.</param>
    /// <param name="original">The received name of an unregistered method; <c>null</c> where none was received.</param>
    /// <param name="id">The id's JSON text; empty for a notification.</param>
    /// <param name="acceptsBaggage">Whether to accept the peer's baggage.</param>
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
            // A proxy that reports the address of its client rarely reports the port.
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
