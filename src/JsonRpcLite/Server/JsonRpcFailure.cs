using System.Globalization;
using System.Net;

namespace JsonRpcLite;

/// <summary>An unexpected exception, as <see cref="JsonRpcServerOptions.OnUnhandledException"/> gets it.</summary>
/// <remarks>Only its <see cref="Id"/> is sent to the peer, unless <see cref="JsonRpcServerOptions.DetailedErrors"/> is set.</remarks>
public sealed class JsonRpcFailure
{
    internal JsonRpcFailure(string id, Exception exception, FailedCall call)
    {
        Id = id;
        Exception = exception;
        RemoteEndPoint = call.RemoteEndPoint;
        Method = call.Method;
        RequestId = call.RequestId;
        Code = call.Code;
        StatusCode = call.StatusCode;
        Duration = call.Duration;
        TraceId = call.TraceId;
    }

    /// <summary>A random id of this failure, which is also in the data of the error that the peer got, if it got one.</summary>
    public string Id { get; }

    /// <summary>The exception that was thrown.</summary>
    public Exception Exception { get; }

    /// <summary>The address of the caller.</summary>
    /// <value><c>null</c> if it is not known, or if the failure belongs to no call.</value>
    public EndPoint? RemoteEndPoint { get; }

    /// <summary>The name of the method that was called; <c>null</c> for a plain call.</summary>
    public string? Method { get; }

    /// <summary>The JSON text of the request's id, cut to 64 bytes.</summary>
    /// <value><c>null</c> for a notification, for a plain call, and if the failure belongs to no call.</value>
    public string? RequestId { get; }

    /// <summary>The code of the error that the caller got; <c>null</c> if the failure belongs to no call.</summary>
    public int? Code { get; }

    /// <summary>The HTTP status that the caller got.</summary>
    /// <value>200 for a JSON-RPC error; <c>null</c> if the failure belongs to no call.</value>
    public int? StatusCode { get; }

    /// <summary>The time from the head of the request to the failure; <c>null</c> if the failure belongs to no call of a server.</summary>
    public TimeSpan? Duration { get; }

    /// <summary>The id of the trace that the call belongs to, for finding the log entry of a trace.</summary>
    /// <value>32 hexadecimal digits; <c>null</c> if there is no trace.</value>
    public string? TraceId { get; }

    /// <summary>Returns a text for a log: the id, the method, the caller's address and the exception.</summary>
    /// <remarks>
    /// The text has the exception's stack, unless it is a <see cref="JsonRpcException"/>, which is an answer and not a fault. Text that the peer sent is cut to 100 characters,
    /// and cannot add a line.
    /// </remarks>
    public override string ToString()
    {
        var method = Method is null ? "" : $"{PeerText.Shown(Method)}, ";
        var what = Exception is JsonRpcException error ? string.Create(
            CultureInfo.InvariantCulture, $"{error.Code}: {PeerText.Shown(error.Message)}{(error.InnerException is { } cause ? $" ({cause})" : "")}") : Exception.ToString();
        if (Exception is InvalidOperationException { Source: "System.Text.Json" } && Exception.Message.Contains("parent", StringComparison.Ordinal))
            what += $"{Environment.NewLine}A JsonNode can have only one parent. If you keep a node, or return it more than once, put a copy made by DeepClone() into each reply.";
        return $"{Id} ({method}{RemoteEndPoint?.ToString() ?? "no peer"}): {what}";
    }
}
