using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;

namespace JsonRpcLite;

/// <summary>
/// The span and the duration of one call on a server. Used again with its request, so that metrics alone allocate nothing. It ends once: with the reply, or with the early reply of another thread.
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

    /// <param name="exchange">What brought the call.</param>
    /// <param name="clock">The server's clock.</param>
    /// <param name="began">When the call began, by the clock.</param>
    /// <param name="method">The registered name; <c>null</c> where there is none.</param>
    /// <param name="original">The name as it came, for one that is not registered; <c>null</c> where none came.</param>
    /// <param name="id">The id's JSON text; empty for a notification.</param>
    /// <param name="acceptsBaggage">Whether the peer's baggage is taken.</param>
    /// <returns>What was the current activity before, to be restored when the call has been begun.</returns>
    public Activity? Begin(HttpExchange exchange, TimeProvider clock, long began, string? method, string? original, ReadOnlySpan<byte> id, bool acceptsBaggage)
    {
        (_clock, _began, _method, ErrorCode, _activity) = (clock, began, method ?? RpcTelemetry.OtherMethod, null, null);
        Volatile.Write(ref _hasEnded, 0);
        var before = Activity.Current;
        if (RpcTelemetry.Source.HasListeners())
            BeginSpan(exchange, method, original, id, acceptsBaggage);
        return before;
    }

    /// <summary>The call is answered. The first of two ends decides how.</summary>
    public void End() => End(ErrorCode);

    /// <summary>The same, for an answer that was made beside the call.</summary>
    public void End(int? errorCode)
    {
        if (Interlocked.Exchange(ref _hasEnded, 1) != 0)
            return;
        var duration = _clock.GetElapsedTime(_began);
        var error = errorCode is { } code ? RpcTelemetry.TextOf(code) : null;
        if (RpcTelemetry.ServerDuration.Enabled)
        {
            var tags = new TagList { { RpcTelemetry.System, RpcTelemetry.JsonRpcSystem }, { RpcTelemetry.Method, _method } };
            if (error is not null)
            {
                tags.Add(RpcTelemetry.StatusCode, error);
                tags.Add(RpcTelemetry.ErrorType, error);
            }
            RpcTelemetry.ServerDuration.Record(duration.TotalSeconds, tags);
        }
        if (_activity is { } activity)
            TraceSpan.End(activity, duration, error);
    }

    private void BeginSpan(HttpExchange exchange, string? method, string? original, ReadOnlySpan<byte> id, bool acceptsBaggage)
    {
        var tags = new List<KeyValuePair<string, object?>>(4) { new(RpcTelemetry.System, RpcTelemetry.JsonRpcSystem), new(RpcTelemetry.Method, _method) };
        TraceSpan.AddServer(tags, exchange);
        _activity = TraceSpan.BeginOnServer(exchange, method ?? RpcTelemetry.JsonRpcSystem, tags, _clock, _began, acceptsBaggage);
        if (_activity is not { IsAllDataRequested: true } activity)
            return;
        activity.SetTag(RpcTelemetry.ProtocolVersion, "2.0");
        if (method is null && original is not null)
            activity.SetTag(RpcTelemetry.OriginalMethod, PeerText.Shown(original));
        if (!id.IsEmpty && !id.SequenceEqual("null"u8))
            activity.SetTag(RpcTelemetry.RequestId, TextOf(id));
        if (exchange.RemoteEndPoint is IPEndPoint peer)
        {
            activity.SetTag(RpcTelemetry.PeerAddress, peer.Address.ToString());
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
