using System.Text.Json;

namespace JsonRpcLite;

/// <summary>One response object (JSON-RPC 2.0, 5) that a client reads: the positions of its parts, and its fault.</summary>
internal readonly struct RpcReply
{
    private RpcReply(long? id, bool isIdNull, Range result, Range error, string? fault)
    {
        Id = id;
        IsIdNull = isIdNull;
        Result = result;
        Error = error;
        Fault = fault;
    }

    /// <summary>The id, if it is a number that this client can have sent; a string is never equal to a number.</summary>
    public long? Id { get; }

    /// <summary>Whether the id is null: the server could not read that of the request (JSON-RPC 2.0, 5).</summary>
    public bool IsIdNull { get; }

    /// <summary>The JSON text of the result; empty where the response is an error.</summary>
    public Range Result { get; }

    /// <summary>The JSON text of the error; empty where the response is a result.</summary>
    public Range Error { get; }

    /// <summary>The reason why this is not a valid response; <c>null</c> where it is one.</summary>
    public string? Fault { get; }

    public bool IsError => !Error.Equals(default);

    /// <summary>Reads the current value of the reader to its end.</summary>
    public static RpcReply Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return new RpcReply(null, false, default, default, "a response is not an object");
        }
        var (hasVersion, sawVersion, hasId, isIdNull, id) = (false, false, false, false, (long?)null);
        var (result, error) = (default(Range), default(Range));
        string? fault = null;
        var isTwice = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var isVersion = reader.ValueTextEquals("jsonrpc"u8);
            var isId = reader.ValueTextEquals("id"u8);
            var isResult = reader.ValueTextEquals("result"u8);
            var isError = reader.ValueTextEquals("error"u8);
            reader.Read();
            var (kind, begin) = (reader.TokenType, (int)reader.TokenStartIndex);
            isTwice |= isVersion && sawVersion || isId && hasId || isResult && !result.Equals(default) || isError && !error.Equals(default);
            sawVersion |= isVersion;
            if (isVersion)
                hasVersion = kind == JsonTokenType.String && reader.ValueTextEquals("2.0"u8);
            if (isId)
                (hasId, isIdNull, id) = (true, kind == JsonTokenType.Null, kind == JsonTokenType.Number ? ReadNumber(ref reader) : null);
            reader.Skip();
            var text = begin..(int)reader.BytesConsumed;
            if (isResult)
                result = text;
            if (isError)
                (error, fault) = (text, kind == JsonTokenType.StartObject ? fault : "the error is not an object");
        }
        fault ??= isTwice ? "the response has a member twice"
            : !hasVersion ? "the response does not say \"jsonrpc\":\"2.0\""
            : result.Equals(default) == error.Equals(default) ? "the response must have either a result or an error"
            : !hasId ? "the response has no id"
            : null;
        return new RpcReply(id, isIdNull, result, error, fault);
    }

    /// <summary>Returns the id if it is a whole number, also in the form 1.0 that systems without integers write.</summary>
    private static long? ReadNumber(ref Utf8JsonReader reader) =>
        reader.TryGetInt64(out var whole) ? whole
        : reader.TryGetDecimal(out var number) && number == decimal.Truncate(number) && number is >= long.MinValue and <= long.MaxValue ? (long)number
        : null;
}
