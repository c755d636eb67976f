using System.Security.Claims;
using System.Text.Json;

namespace JsonRpcLite;

/// <summary>
/// One call of a method, while it runs. Lent: the object and its memory serve other calls when the method's task has ended. Not thread-safe.
/// </summary>
public sealed class JsonRpcCall
{
    private readonly Func<Utf8JsonWriter> _makeWriter;

    internal JsonRpcCall(HttpExchange exchange, Func<Utf8JsonWriter> makeWriter)
    {
        Exchange = exchange;
        _makeWriter = makeWriter;
        Result = makeWriter();
    }

    /// <summary>The name under which the method is registered.</summary>
    public string Method { get; internal set; } = "";

    /// <summary>
    /// The JSON text of <c>params</c> in UTF-8, an array or an object, byte for byte as it came; empty where there are none. It is well-formed, and nested no
    /// deeper than 64 levels; that no object in it has a member twice is for the method to see to.
    /// </summary>
    public ReadOnlyMemory<byte> Parameters { get; internal set; }

    /// <summary>
    /// Takes the result: exactly one JSON value; <c>null</c> where nothing is written. Lent: a method that disposes it fails. What was written is thrown away when the method
    /// fails. Of a notification nothing is ever sent.
    /// </summary>
    public Utf8JsonWriter Result { get; private set; }

    /// <summary>Whether the caller wants no answer: the request has no <c>id</c> (JSON-RPC 2.0, 4.1).</summary>
    public bool IsNotification { get; internal set; }

    /// <summary>The authenticated caller, as <see cref="JsonRpcServerOptions.Authenticate"/> says; <c>null</c> where that is not set.</summary>
    public ClaimsPrincipal? User => Exchange.User;

    /// <summary>The HTTP exchange that brought the call: its head, and who sent it. The calls of a batch share one; its reply is not the method's to write.</summary>
    public HttpExchange Exchange { get; }

    /// <summary>Begins the result anew. The method before may have disposed the writer.</summary>
    internal void ResetResult()
    {
        try
        {
            Result.Reset();
        }
        catch (ObjectDisposedException)
        {
            Result = _makeWriter();
        }
    }
}
