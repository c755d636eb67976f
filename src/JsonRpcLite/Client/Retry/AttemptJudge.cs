using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Decides whether an attempt of a call may be repeated.</summary>
/// <remarks>
/// Only a call that has certainly not run, or that may run twice, gets another attempt. The server marks the former with <c>notRun</c>; a status alone proves nothing.
/// </remarks>
internal static class AttemptJudge
{
    /// <summary>Judges an exception that was thrown instead of a reply.</summary>
    /// <param name="exception">The transport's own exception.</param>
    /// <param name="mayRunTwice">Whether the call is marked, or has a key.</param>
    public static AttemptOutcome OfFailure(Exception exception, bool mayRunTwice) => exception switch
    {
        OperationCanceledException { InnerException: not TimeoutException } => new(AttemptVerdict.Final),
        // A failure caused by certificates or by the proxy's password would happen again.
        _ when FailureMark.IsUnsent(exception) => new(IsLasting(exception) ? AttemptVerdict.Final : AttemptVerdict.Unsent),
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } => new(AttemptVerdict.Final),
        HttpRequestException when mayRunTwice => new(AttemptVerdict.Failed),
        _ => new(AttemptVerdict.Final),
    };

    /// <summary>Judges a reply.</summary>
    /// <param name="call">The call, whose exchange has the reply.</param>
    /// <param name="mayRunTwice">Whether the call is marked, or has a key.</param>
    /// <param name="isStream">Whether the body is still arriving.</param>
    /// <param name="now">The time of day.</param>
    public static AttemptOutcome OfReply(JsonRpcClientCall call, bool mayRunTwice, bool isStream, DateTimeOffset now)
    {
        var exchange = call.Exchange;
        return exchange.StatusCode switch
        {
            429 or 503 => OfRefusal(exchange, mayRunTwice, AskedWait.OfField(exchange.ResponseHeaders["Retry-After"], now)),
            409 when mayRunTwice && ReplyReader.TryReadError(exchange, options: null) is { Code: JsonRpcErrorCodes.KeyInProgress } error =>
                new(AttemptVerdict.Running, AskedWait.OfData(DataOf(error))),
            502 or 504 when mayRunTwice => new(AttemptVerdict.Failed),
            < 200 or > 299 => new(AttemptVerdict.Final),
            _ when isStream || call.Count == 0 => new(AttemptVerdict.Succeeded),
            // The outcomes of the calls in a batch are for their callers.
            _ when call.IsBatch => IsNoAnswer(ReplyReader.BodyOf(exchange), mayRunTwice) ? OfNoAnswer(mayRunTwice) : new(AttemptVerdict.Succeeded),
            _ => OfSuccess(exchange, mayRunTwice, isBare: call.Method is null || exchange.Method == "GET"),
        };
    }

    private static AttemptOutcome OfRefusal(HttpExchange exchange, bool mayRunTwice, TimeSpan? wait)
    {
        var data = DataOf(ReplyReader.TryReadError(exchange, options: null));
        var isNotRun = CallFailure.IsNotRun(data);
        return isNotRun || mayRunTwice ? new(AttemptVerdict.Failed, AskedWait.OfData(data) ?? wait) : new(AttemptVerdict.Final);
    }

    /// <summary>Judges a reply with a status of success: it may hold a JSON-RPC error, or no answer at all.</summary>
    /// <remarks>A bare result has no envelope that could hold an error.</remarks>
    private static AttemptOutcome OfSuccess(HttpExchange exchange, bool mayRunTwice, bool isBare)
    {
        var body = ReplyReader.BodyOf(exchange);
        if (IsNoAnswer(body, mayRunTwice))
            return OfNoAnswer(mayRunTwice);
        if (isBare || !BeginsWithError(body) || ReplyReader.TryReadError(exchange, options: null) is not { } error)
            return new(AttemptVerdict.Succeeded);
        var data = DataOf(error);
        return error.Code switch
        {
            JsonRpcErrorCodes.KeyInProgress when mayRunTwice => new(AttemptVerdict.Running, AskedWait.OfData(data)),
            _ when CallFailure.IsNotRun(data) => new(AttemptVerdict.Failed, AskedWait.OfData(data)),
            JsonRpcErrorCodes.TooManyCalls when mayRunTwice => new(AttemptVerdict.Failed, AskedWait.OfData(data)),
            _ => new(AttemptVerdict.Final),
        };
    }

    private static bool IsNoAnswer(ReadOnlySpan<byte> body, bool mayRunTwice) => body.TrimStart(" \t\r\n"u8).IsEmpty || mayRunTwice && !IsJson(body);

    private static AttemptOutcome OfNoAnswer(bool mayRunTwice) => new(mayRunTwice ? AttemptVerdict.Failed : AttemptVerdict.Final);

    private static JsonNode? DataOf(JsonRpcException? error) => error?.ErrorData;

    private static bool IsLasting(Exception exception) =>
        exception is HttpRequestException { HttpRequestError: HttpRequestError.UserAuthenticationError or HttpRequestError.ProxyTunnelError } || HasAuthenticationFailed(exception);

    private static bool HasAuthenticationFailed(Exception? exception)
    {
        for (var i = 0; i < 8 && exception is not null; i++, exception = exception.InnerException)
        {
            if (exception is AuthenticationException)
                return true;
        }
        return false;
    }

    private static bool IsJson(ReadOnlySpan<byte> body)
    {
        if (JsonText.FindFault(body) is not null)
            return false;
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = JsonText.MaxReplyDepth });
            while (reader.Read())
            {
            }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Whether the response object has its error before any result.</summary>
    /// <remarks>Its members may come in any order, and a result may be long.</remarks>
    private static bool BeginsWithError(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = JsonText.MaxReplyDepth });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("error"u8))
                    return true;
                if (reader.ValueTextEquals("result"u8))
                    return false;
                reader.Skip();
            }
        }
        catch (JsonException)
        {
            // The reader of the reply reports the fault.
        }
        return false;
    }
}
