using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>The reply to one call that may arrive as a stream: its messages, and the response that ends it.</summary>
/// <remarks>A stream that ends without a response was cut off.</remarks>
internal sealed class StreamReply(ClientCall call, long id) : IDisposable
{
    private readonly EventReader _events = new(call.Exchange.ResponseBody.MaxLength);
    private Range _value;
    private int _taken;

    /// <summary>Reads the next message that belongs to the call.</summary>
    /// <returns>The kind of the message. The body of the exchange then holds a <see cref="StreamMessageKind.Response"/>, as if it were the whole reply.</returns>
    public async ValueTask<StreamMessageKind> ReadAsync()
    {
        while (true)
        {
            while (!call.Run(this, static reply => reply._events.TryRead()))
                await ReceiveAsync().ConfigureAwait(false);
            var kind = call.Run(this, static reply => reply.Look());
            if (kind != StreamMessageKind.Foreign)
                return kind;
        }
    }

    /// <summary>Reads the value of the current item or report of progress.</summary>
    public T Read<T>(JsonTypeInfo<T> type) => call.Run((Reply: this, type), static s => s.Reply.ReadValue(s.type));

    public void Dispose() => _events.Release();

    private async ValueTask ReceiveAsync()
    {
        if (call.Body is null)
        {
            // The whole stream has arrived at once.
            var rest = call.Exchange.ResponseBody.WrittenMemory[_taken..];
            var room = _events.GetRoom();
            var count = Math.Min(rest.Length, room.Length);
            rest[..count].CopyTo(room);
            _events.Fill(count);
            _taken += count;
            if (count > 0)
                return;
        }
        else if (await call.ReadBodyAsync(_events.GetRoom()).ConfigureAwait(false) is var count and > 0)
        {
            _events.Fill(count);
            return;
        }
        throw call.Failed(ClientFailure.CutOff(call.Exchange));
    }

    /// <summary>Creates the exception for an item in the reply to a call that expects progress and a result.</summary>
    public HttpRequestException Unexpected() => call.Failed(Malformed("the method streams items; call it with CallStreamAsync"));

    private StreamMessageKind Look()
    {
        var text = _events.Data.Span;
        if (JsonText.FindFault(text) is { } fault)
            throw Malformed(fault);
        try
        {
            return Look(text);
        }
        catch (JsonException e)
        {
            throw Malformed(JsonText.ExplainRefusal(text, JsonText.MaxReplyDepth) ?? "a message of the stream is not JSON", e);
        }
    }

    private StreamMessageKind Look(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonText.MaxReplyDepth });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Malformed("a message of the stream is not an object");
        var (hasMethod, kind, parameters) = (false, StreamMessageKind.Foreign, default(Range));
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isMethod, isParams) = (reader.ValueTextEquals("method"u8), reader.ValueTextEquals("params"u8));
            reader.Read();
            var begin = (int)reader.TokenStartIndex;
            if (isMethod && reader.TokenType == JsonTokenType.String)
                kind = reader.ValueTextEquals(StreamMessage.Item)
                    ? StreamMessageKind.Item : reader.ValueTextEquals(StreamMessage.Progress) ? StreamMessageKind.Progress : StreamMessageKind.Foreign;
            hasMethod |= isMethod;
            reader.Skip();
            if (isParams)
                parameters = begin..(int)reader.BytesConsumed;
        }
        reader.Read();
        if (hasMethod)
            return kind != StreamMessageKind.Foreign && FindValue(text, parameters, kind) ? kind : StreamMessageKind.Foreign;
        var response = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonText.MaxReplyDepth });
        response.Read();
        var reply = RpcReply.Read(ref response);
        // A response to another call is ignored.
        if (reply is { Fault: null, IsIdNull: false } && reply.Id != id)
            return StreamMessageKind.Foreign;
        Keep();
        return StreamMessageKind.Response;
    }

    /// <summary>Finds the value in the parameters; <c>false</c> where they belong to another call.</summary>
    private bool FindValue(ReadOnlySpan<byte> text, Range parameters, StreamMessageKind kind)
    {
        if (parameters.Equals(default))
            return false;
        var begin = parameters.Start.Value;
        var reader = new Utf8JsonReader(text[parameters], new JsonReaderOptions { MaxDepth = JsonText.MaxReplyDepth });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            return false;
        var (isOurs, hasValue) = (false, false);
        var name = kind == StreamMessageKind.Item ? "item"u8 : "value"u8;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isId, isValue) = (reader.ValueTextEquals("id"u8), reader.ValueTextEquals(name));
            reader.Read();
            var start = begin + (int)reader.TokenStartIndex;
            isOurs |= isId && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) && number == id;
            reader.Skip();
            if (isValue)
                (_value, hasValue) = (start..(begin + (int)reader.BytesConsumed), true);
        }
        return isOurs && hasValue;
    }

    private T ReadValue<T>(JsonTypeInfo<T> type)
    {
        var text = _events.Data.Span[_value];
        try
        {
            return JsonRpcSerializer.Read(text, type, JsonText.MaxReplyDepth)!;
        }
        catch (Exception e) when (JsonRpcSerializer.IsMisfit(e, type) || JsonText.ExplainRefusal(_events.Data.Span[_value], JsonText.MaxReplyDepth) is not null)
        {
            throw Malformed(JsonText.ExplainRefusal(_events.Data.Span[_value], JsonText.MaxReplyDepth) ?? $"an item of the stream does not fit {typeof(T)}", e);
        }
    }

    /// <summary>Creates the exception for a malformed message, which quotes that message instead of the reply before it.</summary>
    private HttpRequestException Malformed(string reason, Exception? inner = null)
    {
        Keep();
        return ReplyReader.NoAnswer(call.Exchange, reason, inner);
    }

    private void Keep()
    {
        // If the whole stream has arrived at once, the bytes after this message are not needed.
        var body = call.Exchange.ResponseBody;
        body.Clear();
        _events.Data.Span.CopyTo(body.GetSpan(_events.Data.Length));
        body.Advance(_events.Data.Length);
        _taken = body.Length;
    }
}

/// <summary>The kinds of messages in a stream.</summary>
internal enum StreamMessageKind
{
    /// <summary>Another message, which is ignored.</summary>
    Foreign,
    Item,
    Progress,
    Response,
}
