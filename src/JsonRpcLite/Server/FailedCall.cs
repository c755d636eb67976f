using System.Net;

namespace JsonRpcLite;

/// <summary>The facts about a call that failed, for the report; all are empty if the failure belongs to no call.</summary>
internal readonly record struct FailedCall
{
    public EndPoint? RemoteEndPoint { get; init; }

    /// <summary>The name of the method; <c>null</c> for a plain call.</summary>
    public string? Method { get; init; }

    /// <summary>The JSON text of the id, cut to a maximum length.</summary>
    public string? RequestId { get; init; }

    /// <summary>The code of the error that the caller gets.</summary>
    public int? Code { get; init; }

    /// <summary>The HTTP status that the caller gets.</summary>
    public int? StatusCode { get; init; }

    /// <summary>The time since the head of the request was received.</summary>
    public TimeSpan? Duration { get; init; }

    public string? TraceId { get; init; }

    /// <summary>Whether the caller may see the exception.</summary>
    public bool ShowsDetails { get; init; }
}
