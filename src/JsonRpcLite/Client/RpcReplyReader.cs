using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>Makes of an HTTP reply to JSON-RPC calls the results and errors that it holds. What is not certainly the answer to a call never becomes one.</summary>
internal static class RpcReplyReader
{
    /// <summary>The answer to one call.</summary>
    public static T Read<T>(HttpExchange exchange, long id, JsonTypeInfo<T> type)
    {
        // The answer to a GET is the result alone: an id would spoil it for caches.
        if (exchange.Method == "GET")
            return ReplyReader.ReadPlain(exchange, type);
        var reply = ReadOne(exchange, type.Options, others: null, out var isBatch);
        if (isBatch)
            throw ReplyReader.NoAnswer(exchange, "a batch came in answer to one call");
        return Outcome(exchange, reply, id, type);
    }

    /// <summary>What one response object says to the call with this id.</summary>
    public static T Outcome<T>(HttpExchange exchange, RpcReply reply, long id, JsonTypeInfo<T> type)
    {
        CheckOutcome(exchange, reply, id, type.Options);
        return ReadValue(exchange, ReplyReader.BodyOf(exchange)[reply.Result], "the result", type);
    }

    private static void CheckOutcome(HttpExchange exchange, RpcReply reply, long id, JsonSerializerOptions options)
    {
        if (reply.Fault is { } fault)
            throw ReplyReader.NoAnswer(exchange, fault);
        // An error to an id that the server could not read is an error of this call, since there was no other (JSON-RPC 2.0, 5).
        if (reply.Id != id && !(reply.IsError && reply.IsIdNull))
            throw ReplyReader.NoAnswer(exchange, $"the response is not to the call with id {id}");
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

    /// <summary>The answer to a call whose result is a list: its items.</summary>
    public static List<T> ReadList<T>(HttpExchange exchange, long id, JsonTypeInfo<T> type)
    {
        var reply = ReadOne(exchange, type.Options, others: null, out var isBatch);
        if (isBatch)
            throw ReplyReader.NoAnswer(exchange, "a batch came in answer to one call");
        CheckOutcome(exchange, reply, id, type.Options);
        var text = ReplyReader.BodyOf(exchange)[reply.Result];
        var items = new List<T>();
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonText.MaxReplyDepth });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw ReplyReader.NoAnswer(exchange, "the result is not a list, and no stream came");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var begin = (int)reader.TokenStartIndex;
            reader.Skip();
            items.Add(ReadValue(exchange, text[begin..(int)reader.BytesConsumed], "an item of the result", type));
        }
        return items;
    }

    /// <summary>All response objects of a reply; of a reply that is no batch the one.</summary>
    /// <exception cref="JsonRpcException">The status is no success, and the body says why.</exception>
    /// <exception cref="HttpRequestException">The body is no JSON, or the status no success.</exception>
    public static List<RpcReply> ReadAll(HttpExchange exchange, JsonSerializerOptions options, out bool isBatch)
    {
        var replies = new List<RpcReply>();
        var one = ReadOne(exchange, options, replies, out isBatch);
        if (!isBatch)
            replies.Add(one);
        return replies;
    }

    /// <summary>The response object of a reply that is no batch; those of a batch go to the list, if they are wanted.</summary>
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

    /// <summary>The reply to notifications: any success, with a body or without (200, 202 and 204 are all in use); an error is one all the same.</summary>
    public static void ReadNothing(HttpExchange exchange, JsonSerializerOptions options)
    {
        if (exchange.StatusCode is < 200 or > 299)
            throw ReplyReader.ReadError(exchange, options);
        if (ReplyReader.TryReadError(exchange, options) is { } error)
            throw error;
        // Notifications that came as a batch may be refused as one.
        if (ReplyReader.BodyOf(exchange).TrimStart(" \t\r\n"u8).StartsWith("["u8)
            && ReadAll(exchange, options, out _).Find(reply => reply is { Fault: null, IsError: true }) is { IsError: true } refusal)
            throw ErrorOf(exchange, refusal, options);
    }

    public static Exception ErrorOf(HttpExchange exchange, RpcReply reply, JsonSerializerOptions options) =>
        ErrorObject.Read(ReplyReader.BodyOf(exchange)[reply.Error], (HttpStatusCode)exchange.StatusCode, exchange.SnapshotResponseHeaders(), options)
        ?? (Exception)ReplyReader.NoAnswer(exchange, "the error has no message, or no code that is a 32-bit integer");
}
