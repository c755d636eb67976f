using System.Text.Json;

namespace JsonRpcLite;

/// <summary>
/// One request on its way through the server: its text, its envelope, and where its response goes. A single request's lives on its exchange and serves again with it; the
/// requests of a batch have one each.
/// </summary>
internal sealed class RpcRequest
{
    private ReadOnlyMemory<byte> _text;

    public RpcRequest(HttpExchange exchange, BodyBuffer target, JsonRpcSerializer serializer)
    {
        Exchange = exchange;
        Target = target;
        Call = new JsonRpcCall(exchange, () => serializer.MakeWriter(target));
    }

    public HttpExchange Exchange { get; }

    public BodyBuffer Target { get; }

    public JsonRpcCall Call { get; }

    public Envelope Envelope { get; private set; }

    public ReadOnlySpan<byte> Method => _text.Span[Envelope.Method];

    public ReadOnlySpan<byte> Id => _text.Span[Envelope.Id];

    /// <summary>The method's name for a log; <c>null</c> where there is none.</summary>
    public string? MethodText => Envelope.IsValid ? MethodOf(new Utf8JsonReader(Method)) : null;

    public void Begin(ReadOnlyMemory<byte> text, Envelope envelope)
    {
        _text = text;
        Envelope = envelope;
    }

    public JsonRpcCall BeginCall(string method)
    {
        Call.Method = method;
        Call.Parameters = _text[Envelope.Params];
        Call.IsNotification = Envelope.IsNotification;
        Call.ResetResult();
        return Call;
    }

    public void DropResult() => Call.ResetResult();

    private static string? MethodOf(Utf8JsonReader reader)
    {
        reader.Read();
        return reader.GetString();
    }
}
