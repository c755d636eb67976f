using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>
/// One request on its way through the server: its text, its envelope, and where its response goes. A single request's lives on its exchange and serves again with it; the
/// requests of a batch have one each.
/// </summary>
internal sealed class RpcRequest
{
    private const int MaxLoggedId = 64;

    private readonly JsonRpcSerializer _serializer;
    private readonly TimeSpan _heartbeat;
    private ReadOnlyMemory<byte> _text;

    /// <param name="exchange">The exchange that brought it.</param>
    /// <param name="target">Takes the response.</param>
    /// <param name="serializer">Makes the writer of the result.</param>
    /// <param name="batchIndex">Its place in its batch; -1 outside of one.</param>
    /// <param name="heartbeat">After how much silence of a stream a sign of life is sent.</param>
    /// <param name="mayStream">Whether the response may be a stream, where the caller accepts one.</param>
    public RpcRequest(HttpExchange exchange, BodyBuffer target, JsonRpcSerializer serializer, int batchIndex = -1, TimeSpan heartbeat = default, bool mayStream = true)
    {
        Exchange = exchange;
        Target = target;
        _serializer = serializer;
        _heartbeat = heartbeat;
        Call = new JsonRpcCall(exchange, target, () => serializer.MakeWriter(target), () => _text[Envelope.Id], () => ServerCall.Of(exchange)?.Stopping ?? default)
        {
            BatchIndex = batchIndex,
            StreamOpener = mayStream && batchIndex < 0 ? OpenStream : null,
        };
    }

    public HttpExchange Exchange { get; }

    public BodyBuffer Target { get; }

    public JsonRpcCall Call { get; }

    public Envelope Envelope { get; private set; }

    public ReadOnlySpan<byte> Method => _text.Span[Envelope.Method];

    public ReadOnlySpan<byte> Id => _text.Span[Envelope.Id];

    /// <summary>The request as telemetry sees it; <c>null</c> where nothing has measured it so far.</summary>
    public CallMeasure? Measure { get; set; }

    /// <summary>The code of the error that it is answered with; <c>null</c> where it is answered with a result.</summary>
    public int? ErrorCode { get; private set; }

    /// <summary>The id's text for a log; <c>null</c> where there is none.</summary>
    public string? IdText => Id.IsEmpty ? null : Encoding.UTF8.GetString(Id[..Math.Min(Id.Length, MaxLoggedId)]);

    /// <summary>The method's name for a log; <c>null</c> where there is none.</summary>
    public string? MethodText => Envelope.IsValid ? MethodOf(new Utf8JsonReader(Method)) : null;

    public void Begin(ReadOnlyMemory<byte> text, Envelope envelope)
    {
        _text = text;
        Envelope = envelope;
        ErrorCode = null;
    }

    public JsonRpcCall BeginCall(string method)
    {
        Call.Begin(method, _text[Envelope.Params], Envelope.IsNotification, isUntouched: ServerCall.Of(Exchange) is { Next: null, IsOfHandler: false });
        return Call;
    }

    /// <summary>The request is answered with an error of this code.</summary>
    public void SetError(int code)
    {
        ErrorCode = code;
        if (Measure is { } measure)
            measure.ErrorCode = code;
    }

    public void DropResult() => Call.ResetWriter();

    /// <summary>Takes the place of a stream before the method runs.</summary>
    private ResultStream? OpenStream()
    {
        if (ServerCall.Of(Exchange) is not { } server)
            return null;
        if (!server.TryBecomeStream())
        {
            var notRun = Call.IsUntouched ? new JsonObject { ["notRun"] = true } : null;
            throw new JsonRpcException(JsonRpcErrorCodes.Refused, CallsInFlight.FullOfStreams, notRun) { RefusesUnrun = true };
        }
        // Against the shutdown: it says that it stops and then cancels all that is a stream; here it is the other way round.
        if (server.IsStopping)
            Exchange.CancelFunction();
        return new ResultStream(Exchange, Target, _text[Envelope.Id], () => _serializer.MakeWriter(Target), _heartbeat, server.Times.Clock);
    }

    private static string? MethodOf(Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetString();
    }
}
