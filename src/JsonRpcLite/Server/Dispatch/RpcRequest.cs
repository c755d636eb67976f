using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>One request while the server processes it: its text, its envelope, and the buffer of its response.</summary>
/// <remarks>The object of a single request belongs to its exchange and is reused with it. Each request of a batch has its own object.</remarks>
internal sealed class RpcRequest
{
    private const int MaxLoggedId = 64;

    private readonly JsonRpcSerializer _serializer;
    private readonly TimeSpan _heartbeat;
    private ReadOnlyMemory<byte> _text;

    /// <param name="exchange">The exchange of the request.</param>
    /// <param name="target">The buffer of the response.</param>
    /// <param name="serializer">The serializer, which makes the writer of the result.</param>
    /// <param name="batchIndex">The index in its batch; -1 if it is not in a batch.</param>
    /// <param name="heartbeat">The time of silence after which a stream sends a heartbeat.</param>
    /// <param name="mayStream">Whether the response may be a stream, if the caller accepts one.</param>
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

    /// <summary>The measurement of the request for telemetry; <c>null</c> if it has not been measured.</summary>
    public CallMeasure? Measure { get; set; }

    /// <summary>The code of the error in its response; <c>null</c> if the response has a result.</summary>
    public int? ErrorCode { get; private set; }

    /// <summary>The text of the id for a log; <c>null</c> if there is no id.</summary>
    public string? IdText => Id.IsEmpty ? null : Encoding.UTF8.GetString(Id[..Math.Min(Id.Length, MaxLoggedId)]);

    /// <summary>The name of the method for a log; <c>null</c> if there is no name.</summary>
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

    /// <summary>Records that the request is answered with an error of this code.</summary>
    public void SetError(int code)
    {
        ErrorCode = code;
        if (Measure is { } measure)
            measure.ErrorCode = code;
    }

    public void DropResult() => Call.ResetWriter();

    /// <summary>Takes a stream's permit before the method runs, and opens the stream.</summary>
    private ResultStream? OpenStream()
    {
        if (ServerCall.Of(Exchange) is not { } server)
            return null;
        if (!server.TryBecomeStream())
        {
            var notRun = Call.IsUntouched ? new JsonObject { ["notRun"] = true } : null;
            throw new JsonRpcException(JsonRpcErrorCodes.Refused, CallsInFlight.FullOfStreams, notRun) { RefusesUnrun = true };
        }
        // The race with the shutdown: its thread sets CallsInFlight._isStopping and then reads ServerCall._streamPermit of each call, to cancel streams; this thread has set
        // _streamPermit and now reads _isStopping.
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
