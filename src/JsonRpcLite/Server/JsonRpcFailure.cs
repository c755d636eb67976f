using System.Globalization;
using System.Net;

namespace JsonRpcLite;

/// <summary>
/// An exception that nobody expected, as <see cref="JsonRpcServerOptions.OnUnhandledException"/> gets it. Nothing of it but the id crosses to the peer, unless
/// <see cref="JsonRpcServerOptions.DetailedErrors"/> is set.
/// </summary>
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

    /// <summary>A random name for this one failure; the peer has got the same in the error's data, if it got an answer.</summary>
    public string Id { get; }

    /// <summary>What was thrown.</summary>
    public Exception Exception { get; }

    /// <summary>Who called; <c>null</c> where it is not known, or where the failure belongs to no call.</summary>
    public EndPoint? RemoteEndPoint { get; }

    /// <summary>Which method was called; <c>null</c> for a plain call.</summary>
    public string? Method { get; }

    /// <summary>The JSON text of the request's id, at most 64 bytes of it; <c>null</c> for a notification, a plain call, and what is not a call.</summary>
    public string? RequestId { get; }

    /// <summary>The code of the error that the caller got; <c>null</c> where the failure belongs to no call.</summary>
    public int? Code { get; }

    /// <summary>The HTTP status that the caller got; 200 for a JSON-RPC error; <c>null</c> where the failure belongs to no call.</summary>
    public int? StatusCode { get; }

    /// <summary>The time from the head of the request to the failure; <c>null</c> where the failure belongs to no call of a server.</summary>
    public TimeSpan? Duration { get; }

    /// <summary>The trace that the call belongs to, 32 hexadecimal digits, so that its line can be found from the trace; <c>null</c> where there is no trace.</summary>
    public string? TraceId { get; }

    /// <summary>
    /// One text for a log: the id, which method, who called, and the exception; with its stack, unless it is a <see cref="JsonRpcException"/>, which is an answer and no fault.
    /// What a peer sent is cut to 100 characters, and cannot add a line.
    /// </summary>
    public override string ToString()
    {
        var method = Method is null ? "" : $"{PeerText.Shown(Method)}, ";
        var what = Exception is JsonRpcException error ? string.Create(
            CultureInfo.InvariantCulture, $"{error.Code}: {PeerText.Shown(error.Message)}{(error.InnerException is { } cause ? $" ({cause})" : "")}") : Exception.ToString();
        if (Exception is InvalidOperationException { Source: "System.Text.Json" } && Exception.Message.Contains("parent", StringComparison.Ordinal))
            what += $"{Environment.NewLine}A JsonNode has one parent: put a node that is kept, or returned more than once, into each reply by DeepClone().";
        return $"{Id} ({method}{RemoteEndPoint?.ToString() ?? "no peer"}): {what}";
    }
}
