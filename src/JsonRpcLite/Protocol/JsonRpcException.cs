using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>
/// The peer said no. Thrown by a function on the server, its code, message and data travel to the caller. Of any other exception nothing but an id crosses to a
/// peer, except the status and message of an <see cref="HttpRefusalException"/> of a plain function or a handler, and what <see cref="JsonRpcServerOptions.DetailedErrors"/> tells.
/// Thrown by a client, it is what the server answered.
/// </summary>
public sealed class JsonRpcException : Exception
{
    private readonly object? _value;

    /// <summary>Makes an error that may travel. Everything in it will be seen by the peer.</summary>
    /// <param name="code">A number of the application's choice, or one of <see cref="JsonRpcErrorCodes"/> (JSON-RPC 2.0, 5.1).</param>
    /// <param name="message">A short sentence for people.</param>
    /// <param name="errorData">Anything more, as JSON; <c>null</c> sends no data.</param>
    public JsonRpcException(int code, string message, JsonNode? errorData = null)
        : this(code, message, errorData, statusCode: null)
    {
    }

    /// <summary>Makes an error that may travel, and keeps what caused it.</summary>
    /// <param name="code">A number of the application's choice, or one of <see cref="JsonRpcErrorCodes"/> (JSON-RPC 2.0, 5.1).</param>
    /// <param name="message">A short sentence for people.</param>
    /// <param name="errorData">Anything more, as JSON; <c>null</c> sends no data.</param>
    /// <param name="innerException">
    /// What caused it. It never travels: the server reports the error to <see cref="JsonRpcServerOptions.OnUnhandledException"/>, and sends the report's id as data where there is
    /// no other.
    /// </param>
    public JsonRpcException(int code, string message, JsonNode? errorData, Exception? innerException)
        : this(code, message, errorData, statusCode: null, innerException)
    {
    }

    /// <summary>Makes an error whose data is any value, written by the serializer options of the server.</summary>
    /// <param name="code">A number of the application's choice, or one of <see cref="JsonRpcErrorCodes"/> (JSON-RPC 2.0, 5.1).</param>
    /// <param name="message">A short sentence for people.</param>
    /// <param name="errorData">Anything that becomes JSON, by the type that it has at run time. All of it will be seen by the peer.</param>
    /// <param name="innerException">What caused it, or <c>null</c>. It never travels, and is reported.</param>
    public JsonRpcException(int code, string message, object errorData, Exception? innerException = null)
        : this(code, message, errorData as JsonNode, statusCode: null, innerException)
    {
        ArgumentNullException.ThrowIfNull(errorData);
        _value = errorData is JsonNode ? null : errorData;
    }

    internal JsonRpcException(int code, string message, JsonNode? errorData, HttpStatusCode? statusCode, Exception? innerException = null)
        : base(message, innerException)
    {
        ArgumentNullException.ThrowIfNull(message);
        Code = code;
        ErrorData = errorData;
        StatusCode = statusCode;
    }

    /// <summary>The error of parameters that do not fit (JSON-RPC 2.0, 5.1): -32602. For what reads them before the method runs.</summary>
    /// <param name="reason">The reason, in the sender's own names.</param>
    /// <param name="cause">What was thrown. What a constructor or a converter of the user's said is reported, since it may not travel; what the serializer says of a value is
    /// not.</param>
    internal static JsonRpcException InvalidParams(string reason, Exception? cause = null) =>
        new(JsonRpcErrorCodes.InvalidParams, $"Invalid params: {reason}", errorData: null, IsOfUser(cause) ? cause : null) { IsBeforeMethod = true };

    private static bool IsOfUser(Exception? cause) =>
        cause is FormatException or OverflowException or ArgumentException && cause.Source != typeof(JsonSerializer).Assembly.GetName().Name;

    /// <summary>The error's number; <see cref="JsonRpcErrorCodes"/> names those that the library uses itself.</summary>
    public int Code { get; }

    /// <summary>Anything more that the error says; <c>null</c> where it says nothing more, and on an exception that was made with a value that is not JSON yet.</summary>
    public JsonNode? ErrorData { get; }

    /// <summary>On a client: the HTTP status of the reply. <c>null</c> on an exception that a function made.</summary>
    /// <remarks>For nearly every error of a JSON-RPC method it is 200, and says nothing: <see cref="Code"/> counts.</remarks>
    public HttpStatusCode? StatusCode { get; }

    /// <summary>On a client: the header fields of the reply, read-only. <c>null</c> on an exception that a function made.</summary>
    public HeaderFields? ResponseHeaders { get; internal init; }

    /// <summary>On a server: whether there was no room for the call, which has not run.</summary>
    internal bool RefusesUnrun { get; init; }

    /// <summary>On a server: whether the library itself has refused the call before its method ran, so that the method has done nothing.</summary>
    internal bool IsBeforeMethod { get => field || RefusesUnrun; init; }

    /// <summary>How a client reads values, where it made the exception.</summary>
    internal JsonSerializerOptions? SerializerOptions { get; init; }

    /// <summary>Reads <see cref="ErrorData"/> as a type, by the client's own serializer options.</summary>
    /// <typeparam name="T">What the data is read as.</typeparam>
    /// <returns>The data; the type's default value where the error has none.</returns>
    /// <exception cref="JsonException">The data does not fit the type.</exception>
    /// <exception cref="NotSupportedException">The type has no JSON contract.</exception>
    public T? GetData<T>()
    {
        if (_value is T value)
            return value;
        var data = ErrorData ?? DataFor(JsonRpcSerializer.For(null));
        var options = SerializerOptions ?? JsonRpcSerializer.For(null).Options;
        return data is null ? default : data.Deserialize((JsonTypeInfo<T>)options.GetTypeInfo(typeof(T)));
    }

    /// <summary>The exception as text, with its code, its data and a status other than 200 beside the message.</summary>
    public override string ToString()
    {
        const int mostOfData = 200;
        var text = base.ToString();
        var head = $"{GetType()}: {Message}";
        var data = (ErrorData?.ToJsonString(JsonRpcSerializer.For(null).Options) ?? _value?.ToString()) is { } shown
            ? $", data {(shown.Length > mostOfData ? shown[..mostOfData] + "..." : shown)}" : "";
        var status = StatusCode is { } code and not HttpStatusCode.OK ? $", status {(int)code}" : "";
        return text.StartsWith(head, StringComparison.Ordinal) ? text.Insert(head.Length, string.Create(CultureInfo.InvariantCulture, $" (code {Code}{data}{status})")) : text;
    }

    /// <summary>The data as it travels.</summary>
    internal JsonNode? DataFor(JsonRpcSerializer serializer) => ErrorData ?? (_value is null ? null : serializer.ToNode(_value));
}
