using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>An error of JSON-RPC: thrown by a function on a server, or by a client that receives one.</summary>
/// <remarks>
/// A function on the server throws it to send its code, message and data to the caller. Of any other exception only an id is sent to a peer, except the status and message of an
/// <see cref="HttpRefusalException"/> of a plain function or a handler, and the details that <see cref="JsonRpcServerOptions.DetailedErrors"/> allows. A client throws it with
/// the server's error.
/// </remarks>
public sealed class JsonRpcException : Exception
{
    private readonly object? _value;

    /// <summary>Creates an error that can be sent to the peer, which sees everything in it.</summary>
    /// <param name="code">A number of the application's choice, or one of <see cref="JsonRpcErrorCodes"/> (JSON-RPC 2.0, 5.1).</param>
    /// <param name="message">A short sentence for humans.</param>
    /// <param name="errorData">Additional data as JSON; <c>null</c> sends no data.</param>
    public JsonRpcException(int code, string message, JsonNode? errorData = null)
        : this(code, message, errorData, statusCode: null)
    {
    }

    /// <summary>Creates an error that can be sent to the peer, with its cause.</summary>
    /// <param name="code">A number of the application's choice, or one of <see cref="JsonRpcErrorCodes"/> (JSON-RPC 2.0, 5.1).</param>
    /// <param name="message">A short sentence for humans.</param>
    /// <param name="errorData">Additional data as JSON; <c>null</c> sends no data.</param>
    /// <param name="innerException">
    /// The cause. It is never sent: the server reports the error to <see cref="JsonRpcServerOptions.OnUnhandledException"/>, and sends the report's id as data if there is no
    /// other data.
    /// </param>
    public JsonRpcException(int code, string message, JsonNode? errorData, Exception? innerException)
        : this(code, message, errorData, statusCode: null, innerException)
    {
    }

    /// <summary>Creates an error whose data is any value, written by the server's serializer options.</summary>
    /// <param name="code">A number of the application's choice, or one of <see cref="JsonRpcErrorCodes"/> (JSON-RPC 2.0, 5.1).</param>
    /// <param name="message">A short sentence for humans.</param>
    /// <param name="errorData">Any value that can be serialized to JSON, by its type at run time. The peer sees all of it.</param>
    /// <param name="innerException">The cause, or <c>null</c>. It is never sent, but reported.</param>
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

    /// <summary>Creates the error of invalid parameters (JSON-RPC 2.0, 5.1), -32602, for code that reads them before the method runs.</summary>
    /// <param name="reason">The reason, in the sender's own names.</param>
    /// <param name="cause">The exception. That of a user's constructor or converter is reported, since it must not be sent; that of the serializer is not.</param>
    internal static JsonRpcException InvalidParams(string reason, Exception? cause = null) =>
        new(JsonRpcErrorCodes.InvalidParams, $"Invalid params: {reason}", errorData: null, IsOfUser(cause) ? cause : null) { IsBeforeMethod = true };

    private static bool IsOfUser(Exception? cause) =>
        cause is FormatException or OverflowException or ArgumentException && cause.Source != typeof(JsonSerializer).Assembly.GetName().Name;

    /// <summary>The code of the error; <see cref="JsonRpcErrorCodes"/> has those that the library itself uses.</summary>
    public int Code { get; }

    /// <summary>The additional data of the error; <c>null</c> where there is none.</summary>
    /// <remarks>It is also <c>null</c> on an exception that was created with a value that is not yet JSON.</remarks>
    public JsonNode? ErrorData { get; }

    /// <summary>On a client: the HTTP status of the reply; <c>null</c> on an exception that a function created.</summary>
    /// <remarks>For nearly every error of a JSON-RPC method it is 200 and has no meaning; use <see cref="Code"/>.</remarks>
    public HttpStatusCode? StatusCode { get; }

    /// <summary>On a client: the read-only header fields of the reply; <c>null</c> on an exception that a function created.</summary>
    public HeaderFields? ResponseHeaders { get; internal init; }

    /// <summary>On a server: whether the call was rejected for lack of capacity, and has not run.</summary>
    internal bool RefusesUnrun { get; init; }

    /// <summary>On a server: whether the library rejected the call before its method ran.</summary>
    internal bool IsBeforeMethod { get => field || RefusesUnrun; init; }

    /// <summary>The serializer options of the client, on an exception that a client created.</summary>
    internal JsonSerializerOptions? SerializerOptions { get; init; }

    /// <summary>Reads <see cref="ErrorData"/> as a type, by the client's own serializer options.</summary>
    /// <typeparam name="T">The type of the data.</typeparam>
    /// <returns>The data; the type's default value where the error has none.</returns>
    /// <exception cref="JsonException">The data is not a value of the type.</exception>
    /// <exception cref="NotSupportedException">The type has no JSON contract.</exception>
    public T? GetData<T>()
    {
        if (_value is T value)
            return value;
        var data = ErrorData ?? DataFor(JsonRpcSerializer.For(null));
        var options = SerializerOptions ?? JsonRpcSerializer.For(null).Options;
        return data is null ? default : data.Deserialize((JsonTypeInfo<T>)options.GetTypeInfo(typeof(T)));
    }

    /// <summary>Returns the exception as text, including its code, its data and a status other than 200.</summary>
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

    /// <summary>Returns the data in the form in which it is sent.</summary>
    internal JsonNode? DataFor(JsonRpcSerializer serializer) => ErrorData ?? (_value is null ? null : serializer.ToNode(_value));
}
