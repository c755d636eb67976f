using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>Reads the results and errors in an HTTP reply to JSON-RPC calls.</summary>
/// <remarks>A response that is not certainly the answer to a call is never read as one.</remarks>
internal static class RpcReplyReader
{
    /// <summary>Reads the answer to one call.</summary>
    public static T Read<T>(HttpExchange exchange, long id, JsonTypeInfo<T> type)
    {
        // The answer to a GET is the bare result: an id would make it useless for caches.
        if (exchange.Method == "GET")
            return ReplyReader.ReadPlain(exchange, type);
        var reply = ReadOne(exchange, type.Options, others: null, out var isBatch);
        if (isBatch)
            throw ReplyReader.NoAnswer(exchange, "the reply to a single call is a batch");
        return Outcome(exchange, reply, id, type);
    }

    /// <summary>Returns the result of the call with this id from one response object, or throws its error.</summary>
    public static T Outcome<T>(HttpExchange exchange, RpcReply reply, long id, JsonTypeInfo<T> type)
    {
        CheckOutcome(exchange, reply, id, type.Options);
        return ReadValue(exchange, ReplyReader.BodyOf(exchange)[reply.Result], "the result", type);
    }

    private static void CheckOutcome(HttpExchange exchange, RpcReply reply, long id, JsonSerializerOptions options)
    {
        if (reply.Fault is { } fault)
            throw ReplyReader.NoAnswer(exchange, fault);
        // A response with an error and a null id is for this call, since there was no other (JSON-RPC 2.0, 5).
        if (reply.Id != id && !(reply.IsError && reply.IsIdNull))
            throw ReplyReader.NoAnswer(exchange, $"the response does not belong to the call with id {id}");
        if (reply.IsError)
            throw ErrorOf(exchange, reply, options);
    }

    private static T ReadValue<T>(HttpExchange exchange, ReadOnlySpan<byte> text, string what, JsonTypeInfo<T> type)
    {
        string? reason;
        Exception inner;
        try
        {
            return JsonRpcSerializer.Read(text, type, JsonText.MaxReplyDepth)!;
        }
        catch (Exception e)
        {
            reason = JsonText.ExplainRefusal(text, JsonText.MaxReplyDepth);
            if (reason is null && !JsonRpcSerializer.IsMisfit(e, type))
                throw;
            inner = e;
        }
        throw ReplyReader.NoAnswer(exchange, reason is null ? $"{what} does not fit {typeof(T)}" : $"in {what} {reason}", inner);
    }

    /// <summary>Reads the items of a result that is a list.</summary>
    public static List<T> ReadList<T>(HttpExchange exchange, long id, JsonTypeInfo<T> type)
    {
        var reply = ReadOne(exchange, type.Options, others: null, out var isBatch);
        if (isBatch)
            throw ReplyReader.NoAnswer(exchange, "the reply to a single call is a batch");
        CheckOutcome(exchange, reply, id, type.Options);
        var text = ReplyReader.BodyOf(exchange)[reply.Result];
        var items = new List<T>();
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonText.MaxReplyDepth });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw ReplyReader.NoAnswer(exchange, "the result is not a list, and the reply is not a stream");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var begin = (int)reader.TokenStartIndex;
            reader.Skip();
            items.Add(ReadValue(exchange, text[begin..(int)reader.BytesConsumed], "an item of the result", type));
        }
        return items;
    }

    /// <summary>Reads all response objects of a reply, whether it is a batch or a single one.</summary>
    /// <exception cref="JsonRpcException">The status is not a success, and the body has an error.</exception>
    /// <exception cref="HttpRequestException">The body is not JSON, or the status is not a success.</exception>
    public static List<RpcReply> ReadAll(HttpExchange exchange, JsonSerializerOptions options, out bool isBatch)
    {
        var replies = new List<RpcReply>();
        var one = ReadOne(exchange, options, replies, out isBatch);
        if (!isBatch)
            replies.Add(one);
        return replies;
    }

    /// <summary>Reads the response object of a single reply, or adds those of a batch to the list if there is one.</summary>
    private static RpcReply ReadOne(HttpExchange exchange, JsonSerializerOptions options, List<RpcReply>? others, out bool isBatch)
    {
        if (exchange.StatusCode is < 200 or > 299)
            throw ReplyReader.ReadError(exchange, options);
        var body = ReplyReader.BodyOf(exchange);
        if (JsonText.FindFault(body) is { } fault)
            throw ReplyReader.NoAnswer(exchange, fault);
        var one = default(RpcReply);
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = JsonText.MaxReplyDepth });
            reader.Read();
            isBatch = reader.TokenType == JsonTokenType.StartArray;
            if (!isBatch)
                one = RpcReply.Read(ref reader);
            else
            {
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    var reply = RpcReply.Read(ref reader);
                    others?.Add(reply);
                }
            }
            reader.Read();
        }
        catch (JsonException e)
        {
            throw ReplyReader.NoAnswer(exchange, JsonText.ExplainRefusal(ReplyReader.BodyOf(exchange), JsonText.MaxReplyDepth) ?? "the body is not JSON", e);
        }
        return one;
    }

    /// <summary>Reads the reply to notifications: any success, with a body or without.</summary>
    /// <remarks>The statuses 200, 202 and 204 are all in use. An error in the body is thrown.</remarks>
    public static void ReadNothing(HttpExchange exchange, JsonSerializerOptions options)
    {
        if (exchange.StatusCode is < 200 or > 299)
            throw ReplyReader.ReadError(exchange, options);
        if (ReplyReader.TryReadError(exchange, options) is { } error)
            throw error;
        // A batch of notifications may be rejected by an error in an array.
        if (ReplyReader.BodyOf(exchange).TrimStart(" \t\r\n"u8).StartsWith("["u8)
            && ReadAll(exchange, options, out _).Find(reply => reply is { Fault: null, IsError: true }) is { IsError: true } refusal)
            throw ErrorOf(exchange, refusal, options);
    }

    public static Exception ErrorOf(HttpExchange exchange, RpcReply reply, JsonSerializerOptions options) =>
        ErrorObject.Read(ReplyReader.BodyOf(exchange)[reply.Error], (HttpStatusCode)exchange.StatusCode, exchange.SnapshotResponseHeaders(), options)
        ?? (Exception)ReplyReader.NoAnswer(exchange, "the error has no message, or no code that is a 32-bit integer");
}
