using System.Net;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>
/// The peer said no. Thrown by a function on the server, its code, message and data travel to the caller. Of any other exception nothing but an id crosses to a
/// peer, except the status and message of an <see cref="HttpRefusalException"/> of a plain function or a handler, and what <see cref="JsonRpcServerOptions.DetailedErrors"/> tells. Thrown by a client, it is what the server answered.
/// </summary>
public sealed class JsonRpcException : Exception
{
    /// <summary>Makes an error that may travel. Everything in it will be seen by the peer.</summary>
    /// <param name="code">A number of the application's choice, or one of <see cref="JsonRpcErrorCodes"/> (JSON-RPC 2.0, 5.1).</param>
    /// <param name="message">A short sentence for people.</param>
    /// <param name="errorData">Anything more, as JSON; <c>null</c> sends no data.</param>
    public JsonRpcException(int code, string message, JsonNode? errorData = null)
        : this(code, message, errorData, statusCode: null)
    {
    }

    internal JsonRpcException(int code, string message, JsonNode? errorData, HttpStatusCode? statusCode)
        : base(message)
    {
        ArgumentNullException.ThrowIfNull(message);
        Code = code;
        ErrorData = errorData;
        StatusCode = statusCode;
    }

    /// <summary>The error of parameters that do not fit (JSON-RPC 2.0, 5.1): -32602.</summary>
    internal static JsonRpcException InvalidParams(string reason) => new(JsonRpcErrorCodes.InvalidParams, $"Invalid params: {reason}");

    /// <summary>The error's number; <see cref="JsonRpcErrorCodes"/> names those that the library uses itself.</summary>
    public int Code { get; }

    /// <summary>Anything more that the error says; <c>null</c> where it says nothing more.</summary>
    public JsonNode? ErrorData { get; }

    /// <summary>On a client: the HTTP status of the reply. <c>null</c> on an exception that a function made.</summary>
    public HttpStatusCode? StatusCode { get; }
}
